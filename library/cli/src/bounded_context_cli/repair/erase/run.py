"""The search of all stores, and its report."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final

from ...command.aws_errors import AWS_ERRORS, sentence
from .. import report as repair
from .expiries import Expiry
from .place import Place, Store, Unsearched

_EXPIRIES: Final = "stores that cannot be changed"


@dataclass
class Result:
    """The result of a store: the places that were found and erased, the places that are left, and why.

    `reported` are the places that the command does not erase, since a person must judge them.
    """

    store: str
    found: int = 0
    erased: int = 0
    left: list[dict[str, str]] = field(default_factory=list)
    reported: list[dict[str, str]] = field(default_factory=list)
    unknown: str = ""
    """The reason why the store could not be searched, or empty."""


@dataclass
class Report(repair.Report):
    """The results by store. `expires` are the stores that cannot be changed."""

    words = ("looked", "erased", "left")

    results: dict[str, Result]
    expires: Sequence[Expiry] = ()

    @property
    def found(self) -> int:
        """The number of places that the first search found."""
        return sum(result.found for result in self.results.values())

    @property
    def complete(self) -> bool:
        """Whether every store was searched, no place is reported, and no place is left after an erasure."""
        results = self.results.values()
        return not any(result.unknown or result.reported or (self.executed and result.left) for result in results)

    def add_expiries(self, found: Iterable[Expiry]) -> None:
        """Add the stores that cannot be changed. An AWS error is a result: the erasure has already changed data."""
        try:
            self.expires = [*found]
        except AWS_ERRORS as error:
            self.results[_EXPIRIES] = Result(_EXPIRIES, unknown=sentence(error, "erase"))

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON."""
        stores = [vars(result) for result in self.results.values()]
        return {"result": self.result, "stores": stores, "expires": [expiry.as_json() for expiry in self.expires]}


def run(stores: Iterable[Store], *, go: bool) -> Report:
    """Search the stores. With `go`, erase each place, and search again: the report has the places that are left."""
    report = Report({name: Result(name) for store in stores for name in store.names}, executed=go)
    for store in stores:
        _search(store, report, _erased if go else _looked_at)
        if go:
            _search(store, report, _left)
    return report


def _search(store: Store, report: Report, handle: Any) -> None:
    """Search a store. An error ends this search alone, and is the result of the first of its names."""
    result = report.results[store.names[0]]
    try:
        with closing(store.search()) as places:
            for place in places:
                handle(place, report.results[place.store])
    except (Unsearched, *AWS_ERRORS) as error:
        result.unknown = sentence(error, "erase")


def _looked_at(place: Place, result: Result) -> None:
    if place.erase is None:
        result.reported.append(_why(place, place.waits))
        return
    result.found += 1
    if place.waits:
        result.left.append(_why(place, place.waits))


def _erased(place: Place, result: Result) -> None:
    if place.erase is None:
        return
    result.found += 1
    if not place.waits:
        place.erase()
        result.erased += 1


def _left(place: Place, result: Result) -> None:
    why = place.waits or "it was written again, or still is: run the command again"
    (result.left if place.erase else result.reported).append(_why(place, why))


def _why(place: Place, why: str) -> dict[str, str]:
    return {"place": place.name, "why": why}

"""The search of all stores, and its report."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from ...command.aws_errors import AWS_ERRORS, sentence
from .expiries import Expiry
from .place import Place, Store, Unsearched


@dataclass
class Result:
    """The result of a store: the places that were found and erased, the places that are left, and why."""

    store: str
    found: int = 0
    erased: int = 0
    left: list[dict[str, str]] = field(default_factory=list)
    unknown: str = ""
    """The reason why the store could not be searched, or empty."""


@dataclass
class Report:
    """The results by store. `went` is whether places were erased; `expires` are the stores that nobody can change."""

    went: bool
    results: dict[str, Result]
    expires: Sequence[Expiry] = ()

    @property
    def found(self) -> int:
        """The number of places that the first search found."""
        return sum(result.found for result in self.results.values())

    @property
    def result(self) -> str:
        """The result as a word."""
        left = any(result.left or result.unknown for result in self.results.values())
        return ("left" if left else "erased") if self.went else "looked"

    @property
    def exit_status(self) -> int:
        """0 if no place is left, or if every store was searched without `--go`."""
        return int(self.result == "left" or any(result.unknown for result in self.results.values()))

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON."""
        stores = [vars(result) for result in self.results.values()]
        return {"result": self.result, "stores": stores, "expires": [expiry.as_json() for expiry in self.expires]}


def run(stores: Iterable[Store], *, go: bool) -> Report:
    """Search the stores. With `go`, erase each place, and search again: the report has the places that are left."""
    report = Report(go, {name: Result(name) for store in stores for name in store.names})
    for store in stores:
        _search(store, report, _erased if go else _looked_at)
        if go:
            _search(store, report, _left)
    return report


def _search(store: Store, report: Report, handle: Any) -> None:
    """Search a store. An error ends this search alone, and is the result of the first of its names."""
    result = report.results[store.names[0]]
    try:
        with closing(store.search()) as places:  # pyright: ignore[reportArgumentType]
            for place in places:
                handle(place, report.results[place.store])
    except (Unsearched, *AWS_ERRORS) as error:
        result.unknown = sentence(error, "erase")


def _looked_at(place: Place, result: Result) -> None:
    result.found += 1
    if place.waits:
        result.left.append({"place": place.name, "why": place.waits})


def _erased(place: Place, result: Result) -> None:
    result.found += 1
    if not place.waits:
        place.erase()
        result.erased += 1


def _left(place: Place, result: Result) -> None:
    why = place.waits or "it was written again, or still is: run the command again"
    result.left.append({"place": place.name, "why": why})

"""Run the whole list workflow in a single call, without AWS: from a partner's rows to the report."""

import csv
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from io import StringIO
from typing import Any, Final, Generic, TypeVar

from ..application.list_import import Outcome, Upload
from ..application.ports import Aggregates
from ..application.staging import VERIFIED, Staging
from ..application.verification import RowsCheck
from ..declaration.context import Context
from ..domain.aggregate import Aggregate
from ..domain.lists import ListStatus
from .in_memory import InMemory
from .samples import Samples

A = TypeVar("A", bound=Aggregate[Any, Any])

KEY: Final = "incoming/partner/list.csv"
_LARGEST: Final = 100_000_000


@dataclass(frozen=True)
class Run(Generic[A]):
    """The result of a list: ``outcome`` is its last status, ``report`` has the lines for the partner.

    A line has the keys ``line`` (empty if it concerns the whole list), ``field``, ``reason``, ``code`` and ``remedy``.
    The code is the rejection's code if a rule rejected the row, and otherwise the code of the fault.
    """

    outcome: ListStatus
    report: list[dict[str, str]]
    aggregates: list[A]


def run_list(
    context: Context[A],
    rows: Sequence[Mapping[str, str]],
    *,
    known: Mapping[str, Collection[str]] | None = None,
    existing: Sequence[A] = (),
    checks: Sequence[RowsCheck[Any]] = (),
    rule: Callable[[Any, Aggregates[A]], A] | None = None,
    tolerated_share: Fraction = Fraction(0),
    part_rows: int = 10,
) -> Run[A]:
    """Import rows as a list and return the result.

    Args:
        context: the context that receives the list.
        rows: the partner's rows, as text by column.
        known: known identities by the field that refers to them; by default the samples' identities.
        existing: aggregates that exist before the import.
        checks: additional checks of the verification, besides references, identities and the rule.
        rule: the use case that each row must pass; by default the rule of the creating command.
        tolerated_share: the tolerated share of bad rows, 0 to 1; a larger share rejects the list. The default is the
            setting's: one bad row rejects the list.
        part_rows: the number of rows in a part.
    """
    world = InMemory(context, known, rule)
    for aggregate in existing:
        world.aggregates.add(aggregate)
    world.files.write(KEY, Samples(context).file(rows))
    return _Workflow(world, tolerated_share, part_rows).run([*world.checks(), *checks])


@dataclass
class _Workflow(Generic[A]):
    """The states of the workflow, executed in order."""

    world: InMemory[A]
    tolerated_share: Fraction
    part_rows: int

    def run(self, checks: Sequence[RowsCheck[Any]]) -> Run[A]:
        steps = self.world.list_import()
        list_id = steps.register(Upload("inbox", KEY), "run-1", _LARGEST).list_id
        good = (
            steps.validate(list_id, self.tolerated_share, self.part_rows).outcome is Outcome.VALIDATED
            and steps.verify(list_id, self.tolerated_share, checks).outcome is Outcome.VERIFIED
            and self._imported(list_id)
        )
        if not good:
            steps.compensate(list_id)
        return self._ended(list_id)

    def _imported(self, list_id: str) -> bool:
        steps = self.world.list_import()
        parts = Staging(self.world.files, list_id).manifest(VERIFIED)
        done = [steps.import_part(list_id, part).outcome is Outcome.IMPORTED for part in parts]
        if all(done):
            self.world.lists.progress(list_id, ListStatus.IMPORTED)
        return all(done)

    def _ended(self, list_id: str) -> Run[A]:
        ended = self.world.lists.get(list_id)
        report = (self.world.files.read(ended.file.report_key) or b"").decode()
        return Run(ended.status, list(csv.DictReader(StringIO(report))), list(self.world.aggregates.stored.values()))

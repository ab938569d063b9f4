"""The list workflow on adapters in memory."""

import csv
import itertools
from collections.abc import Sequence
from fractions import Fraction
from io import StringIO
from typing import Any

from bounded_context import Context
from bounded_context.application.list_import import Outcome, Step, Upload
from bounded_context.application.staging import VALIDATED, VERIFIED, Part, Staging
from bounded_context.application.verification import RowsCheck, not_taken
from bounded_context.domain.lists import ListStatus
from bounded_context.testing import InMemory, Samples

KEY = "incoming/acme/january.csv"
REPORT = "reports/acme/january.csv.report.csv"
TOLERATED = Fraction("0.05")
MAX_BYTES = 10_000_000


class World(InMemory[Any]):
    """Everything the steps work on, and the steps as the workflow calls them."""

    def __init__(self, context: Context[Any]) -> None:
        super().__init__(context)
        self.samples = Samples(context)
        self.steps = self.list_import()

    def announced(self, upload: Upload, execution: str) -> Step:
        """Register what an announcement says that has more than a name."""
        return self.steps.register(upload, execution, MAX_BYTES)

    def register(self, data: bytes | None, execution: str = "run-1", broken_by: str = "") -> Step:
        if data is not None:
            self.files.write(KEY, data)
        return self.steps.register(Upload("inbox", KEY, broken_by=broken_by), execution, MAX_BYTES)

    def validate(self, list_id: str, part_rows: int = 10) -> Step:
        return self.steps.validate(list_id, TOLERATED, part_rows)

    def verify(self, list_id: str, outcome: Outcome | None = None) -> Step:
        return self.steps.verify(list_id, TOLERATED, self.checks(), outcome)

    def validated_parts(self, list_id: str) -> list[Part]:
        return Staging(self.files, list_id).manifest(VALIDATED)

    def verify_part(self, list_id: str, part: Part) -> Step:
        """A child of the map verifies a part."""
        return self.steps.verify_part(list_id, part, self.checks())

    def checks(self) -> list[RowsCheck]:
        return [not_taken(self.aggregates, self.context.identity)]

    def import_parts(self, list_id: str) -> list[Outcome]:
        parts = Staging(self.files, list_id).manifest(VERIFIED)
        return [self.steps.import_part(list_id, part).outcome for part in parts]

    def gone(self, list_id: str, manifest: str) -> None:
        """The lifecycle of the bucket has deleted a manifest, and the attempts' copies of it."""
        staged = [key for key in self.files.objects if key.startswith(f"staging/{list_id}/")]
        for key in staged:
            if key.endswith(f"/{manifest}"):
                del self.files.objects[key]

    def verified_parts(self, list_id: str) -> list[Part]:
        return Staging(self.files, list_id).manifest(VERIFIED)

    def staging_gone(self, list_id: str) -> None:
        """The lifecycle of the bucket has deleted all that the steps of a list staged."""
        for key in [key for key in self.files.objects if key.startswith(f"staging/{list_id}/")]:
            del self.files.objects[key]

    def parts_undone_before_the_time_is_over(self, most: int) -> list[tuple[str, ...]]:
        """From now on one call has time for so many parts, and breaks off at the next; return what is undone."""
        undone: list[tuple[str, ...]] = []
        undo_rows, time_left = self.aggregates.undo_rows, itertools.cycle([*[True] * most, False])

        def undo_or_break_off(list_id: str, identities: Sequence[str]) -> None:
            if not next(time_left):
                raise TimeoutError
            undo_rows(list_id, identities)
            undone.append(tuple(identities))

        self.aggregates.undo_rows = undo_or_break_off
        return undone

    def compensate(self, list_id: str) -> ListStatus:
        return self.steps.compensate(list_id).status

    def report(self) -> list[dict[str, str]]:
        return list(csv.DictReader(StringIO((self.files.read(REPORT) or b"").decode())))

    def exists(self, *numbers: int, list_id: str | None = None) -> None:
        """The n-th samples came before, by a command or with a list."""
        for n in numbers:
            self.aggregates.add(self.samples.aggregate(n, list_id=list_id))

    @property
    def owners(self) -> dict[str, str | None]:
        """Which list brought which aggregate; no list stands for a command."""
        return {identity: aggregate.list_id for identity, aggregate in self.aggregates.stored.items()}

    def rows(self, count: int) -> list[dict[str, str]]:
        """Return rows with nothing wrong in them."""
        return [self.samples.values(n) for n in range(count)]

    def bad(self, n: int, identity: str = "?") -> dict[str, str]:
        """Return a row with an identity that is none."""
        return self.samples.values(n, **{self.context.identity: identity})

    def ready_to_import(self, rows: list[dict[str, str]]) -> str:
        return self.ready_to_import_file(self.samples.file(rows))

    def ready_to_import_file(self, data: bytes) -> str:
        list_id = self.register(data).list_id
        assert self.validate(list_id).outcome is Outcome.VALIDATED
        assert self.verify(list_id).outcome is Outcome.VERIFIED
        return list_id

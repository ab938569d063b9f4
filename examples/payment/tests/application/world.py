"""The list workflow on fakes."""

import csv
from dataclasses import dataclass, field
from fractions import Fraction
from io import StringIO

from payment.adapters.seen_ids import SqliteSeenIds
from payment.application import list_import
from payment.application.list_import import Outcome, Step, Upload
from payment.application.staging import VERIFIED, Staging
from payment.application.verification import RowsCheck, not_taken, verify_list
from payment.domain.lists import ListStatus

from tests import samples
from tests.fakes import FakeFiles, FakeImportedPayments, FakeLists

KEY = "incoming/acme/january.csv"
REPORT = "reports/acme/january.csv.report.csv"
TOLERATED = Fraction("0.05")
MAX_BYTES = 10_000_000


@dataclass
class World:
    """Everything the steps work on, and the steps as the workflow calls them."""

    files: FakeFiles = field(default_factory=FakeFiles)
    lists: FakeLists = field(default_factory=FakeLists)
    payments: FakeImportedPayments = field(default_factory=FakeImportedPayments)

    def register(self, data: bytes | None, execution: str = "run-1", broken_by: str = "") -> Step:
        if data is not None:
            self.files.write(KEY, data)
        upload = Upload("inbox", KEY, broken_by=broken_by)
        return list_import.register_list(upload, execution, MAX_BYTES, self.lists, self.files)

    def validate(self, list_id: str, part_rows: int = 10) -> Step:
        seen = SqliteSeenIds()
        return list_import.validate_list(list_id, TOLERATED, part_rows, self.lists, self.files, seen)

    def verify(self, list_id: str) -> Step:
        return verify_list(list_id, TOLERATED, self.lists, self.files, self.checks())

    def checks(self) -> list[RowsCheck]:
        return [not_taken(self.payments)]

    def import_parts(self, list_id: str) -> list[Outcome]:
        parts = Staging(self.files, list_id).manifest(VERIFIED)
        world = (self.lists, self.files, self.payments)
        return [list_import.import_list(list_id, part, *world).outcome for part in parts]

    def compensate(self, list_id: str) -> ListStatus:
        return list_import.compensate_error(list_id, self.lists, self.files, self.payments).status

    def report(self) -> list[dict[str, str]]:
        return list(csv.DictReader(StringIO((self.files.read(REPORT) or b"").decode())))

    def ready_to_import(self, rows: list[dict[str, str]]) -> str:
        list_id = self.register(samples.csv_file(rows)).list_id
        assert self.validate(list_id).outcome is Outcome.VALIDATED
        assert self.verify(list_id).outcome is Outcome.VERIFIED
        return list_id


def good_rows(count: int) -> list[dict[str, str]]:
    """Return rows with nothing wrong in them."""
    return [samples.values(n) for n in range(count)]

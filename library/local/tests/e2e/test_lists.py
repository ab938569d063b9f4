"""Lists from a partner's upload to the subscribers' queues."""

from collections.abc import Callable

import pytest

from bounded_context_local.running.context import RunningContext
from bounded_context_local.sample_lists import as_csv

from .facts import CREATED, HEADER, ID_COLUMN, LIST_IMPORTED, LIST_REJECTED
from .lists import Sample, finish, import_list, measured

pytestmark = pytest.mark.e2e
Samples = Callable[[int], Sample]


def test_good_list_is_imported(deployed: RunningContext, sample: Samples):
    """Every row of a good list is in the table and every subscriber hears of each, and of the list."""
    sent = sample(600)
    result = import_list(deployed, sent, expected=601)
    assert (result.outcome, result.record["status"]) == ("IMPORTED", "IMPORTED")
    assert (result.record["rows"], result.record["valid"], result.record["rejected"], result.imported) == (
        600,
        600,
        0,
        600,
    )
    assert result.types() == [sorted([CREATED] * 600 + [LIST_IMPORTED])] * len(deployed.subscribers)
    for received in result.events.values():
        assert {event["subject"] for event in received} == {*sent.identities, result.list_id}
    assert result.report is not None
    assert result.report.splitlines() == ["line,field,reason,code,remedy"]


def test_list_is_imported_in_parts(deployed: RunningContext, sample: Samples):
    """A list is cut into parts of the stack's size, which are imported on their own."""
    result = import_list(deployed, sample(251), expected=252)
    assert (result.record["parts"], result.record["imported_parts"]) == (2, {0, 1})


def test_bad_rows_within_the_tolerance_are_not_imported(deployed: RunningContext, sample: Samples):
    """A few bad rows are reported by their line, and the good ones are imported."""
    sent = sample(100).with_ragged(3)
    result = import_list(deployed, sent, expected=98)
    assert (result.outcome, result.record["rejected"], result.imported) == ("IMPORTED", 3, 97)
    assert result.types() == [sorted([CREATED] * 97 + [LIST_IMPORTED])] * len(deployed.subscribers)
    assert result.report is not None
    assert [line.split(",")[0] for line in result.report.splitlines()] == ["line", "2", "3", "4"]


def test_bad_rows_over_the_tolerance_reject_the_list(deployed: RunningContext, sample: Samples):
    """Too many bad rows: none is imported, the report names them, subscribers hear of the rejection alone."""
    result = import_list(deployed, sample(100).with_ragged(20))
    assert (result.outcome, result.record["status"], result.imported) == ("REJECTED", "REJECTED", 0)
    assert result.types() == [[LIST_REJECTED]] * len(deployed.subscribers)
    assert result.report is not None
    assert len(result.report.splitlines()) == 22
    assert "20 of 100 rows were rejected" in result.report
    assert {"ListsRejected", "ListDuration", "ListsLate", "RowsRejected"} <= measured(deployed, result.list_id)


def test_repeated_identity_is_imported_once(deployed: RunningContext, sample: Samples):
    """The second row of an identity is rejected and says where the first is."""
    sent = sample(40)
    result = import_list(deployed, sent.with_cell(7, ID_COLUMN, sent.rows[0][ID_COLUMN]), expected=40)
    assert (result.outcome, result.record["rejected"], result.imported) == ("IMPORTED", 1, 39)
    assert result.report is not None
    assert "is on line 2 already" in result.report


def test_the_same_file_as_a_new_version_imports_nothing_twice(deployed: RunningContext, sample: Samples):
    """The same rows in a new upload are another list: it is rejected, and the first one's rows stay as they were."""
    sent = sample(30)
    first = import_list(deployed, sent, expected=31)
    before = deployed.table.imported_items(first.list_id)
    second = import_list(deployed, sent)
    assert second.list_id != first.list_id
    assert (second.outcome, second.imported) == ("REJECTED", 0)
    assert second.report is not None
    assert second.report.count("already exists") == 30
    assert deployed.table.imported_items(first.list_id) == before


def test_two_lists_with_the_same_rows_at_once(deployed: RunningContext, sample: Samples):
    """Whoever comes first, an identity belongs to one list, and each list is in the table as a whole or not at all."""
    sent = sample(300)
    uploads = [deployed.partner.upload(f"{side}-{sent.name}", sent.content) for side in ("left", "right")]
    results = [finish(deployed, uploaded) for uploaded in uploads]
    assert [result.imported for result in results] == [300 if result.outcome == "IMPORTED" else 0 for result in results]
    assert [result.outcome for result in results].count("IMPORTED") <= 1


def test_file_from_a_spreadsheet(deployed: RunningContext, sample: Samples):
    """A byte order mark, CRLF line ends, blank lines and a name with spaces and umlauts are all fine."""
    sent = sample(5)
    content = as_csv([HEADER, *sent.rows]).replace(b"\n", b"\r\n")
    uploaded = deployed.partner.upload("Größe 1 & 2.csv", b"\xef\xbb\xbf" + content + b"\r\n\r\n")
    result = finish(deployed, uploaded, expected=6)
    assert (result.outcome, result.imported) == ("IMPORTED", 5)

"""Whatever a file contains: what is recorded, published and reported of it has a size that its services take."""

import csv
import json
import re
from io import StringIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from payment.context import PAYMENT
from pydantic import model_validator

from bounded_context import Details, Identifier
from bounded_context.adapters.items import from_list
from bounded_context.application.importing import list_event
from bounded_context.application.list_import import Upload
from bounded_context.application.ports import AlreadyTaken
from bounded_context.application.results import Report, with_reason
from bounded_context.application.staging import VERIFIED, Staging
from bounded_context.domain.aggregate import REASON_CHARACTERS
from bounded_context.domain.events import fresh_traceparent
from bounded_context.domain.faults import Fault, ListFault
from bounded_context.domain.lists import ListStatus, PinnedFile, ReceivedList
from bounded_context.domain.rows import Record, Rejection, Rows
from tests.application.world import KEY, MAX_BYTES, World

MESSAGE_BYTES = 32 * 1024
"""An eighth of what SNS takes."""

RECORD_BYTES = 16 * 1024
"""A twenty-fifth of what DynamoDB takes."""

LINE_CHARACTERS = 3 * REASON_CHARACTERS + 100
"""Of a report: field and reason, with each quote of the reason doubled."""

ROW_CHARACTERS = 1_000_000
"""Of a row of these tests: many cells, or long cells. Both together are a gigabyte."""


def _within(closed: ReceivedList) -> bool:
    event = json.dumps(list_event(PAYMENT, closed, fresh_traceparent()))
    record = json.dumps(from_list(closed), ensure_ascii=False)
    return len(event) < MESSAGE_BYTES and len(record.encode()) < RECORD_BYTES


def _rejected(data: bytes, key: str = KEY) -> tuple[World, ReceivedList]:
    """A list that is sent, and refused."""
    world = World(PAYMENT)
    world.files.write(key, data)
    list_id = world.steps.register(Upload("inbox", key), "run-1", MAX_BYTES).list_id
    world.validate(list_id)
    closed = world.steps.compensate(list_id)
    assert closed.status in (ListStatus.REJECTED, ListStatus.FAILED)
    return world, closed


def _file(rows: list[list[str]]) -> bytes:
    text = StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _report_lines(world: World, closed: ReceivedList) -> list[dict[str, str]]:
    text = (world.files.read(closed.file.report_key) or b"").decode()
    return list(csv.DictReader(StringIO(text, newline="")))


@pytest.mark.parametrize(
    "header",
    [
        [f"c{n}" for n in range(900)],
        [f"column-{n}" for n in range(5_000)],
        [f"{n}" for n in range(12_000)],
        ["x"] * 32_000,
        ["x" * 60_000],
        ["\x01" * 60_000],
        ["\U000e0001" * 300] * 100,
    ],
    ids=["900 columns", "5,000 columns", "12,000 columns", "32,000 of one name", "long", "control", "unprintable"],
)
def test_a_header_is_refused_in_few_words_however_wide_it_is(header: list[str]):
    """The outcome has to be published, and the partner has to read it."""
    world, closed = _rejected(_file([header]))
    assert closed.status is ListStatus.REJECTED
    assert len(closed.reason or "") <= REASON_CHARACTERS
    assert _within(closed)
    reasons = [line["reason"] for line in _report_lines(world, closed)]
    assert reasons
    assert all(len(reason) <= REASON_CHARACTERS for reason in reasons)


def test_the_places_of_the_first_wrong_columns_are_named():
    """With the number of the others, and without a cell."""
    columns = len(PAYMENT.rows.columns)
    _, closed = _rejected(_file([[*PAYMENT.rows.columns, *(f"c{n}" for n in range(100, 120))]]))
    reason = closed.reason or ""
    named = [int(number) for number in re.findall(r"column (\d+)", reason)]
    assert named == [*range(columns + 1, columns + 6)]
    assert ("15" in reason, "c1" in reason.replace("column", "")) == (True, False)


def test_a_row_of_very_many_cells_does_not_fill_the_memory():
    """A thousand rows are read at once: each cell takes some 60 bytes, whatever is in it."""
    header = list(PAYMENT.rows.columns)
    world, closed = _rejected(_file([header, *[["ab"] * 20_000] * 3]))
    assert (closed.status, closed.rows) == (ListStatus.REJECTED, 0)
    assert _within(closed)
    assert [line["code"] for line in _report_lines(world, closed)] == [ListFault.RECORD]


def test_a_thousand_existing_identities_are_a_short_reason(monkeypatch: pytest.MonkeyPatch):
    """Those of one write are told together."""
    world = World(PAYMENT)
    list_id = world.ready_to_import(world.rows(1))
    [part] = Staging(world.files, list_id).manifest(VERIFIED)
    identities = [f"{n:064}" for n in range(1_000)]

    def raise_taken(*_: Any) -> None:
        raise AlreadyTaken(identities)

    monkeypatch.setattr(world.aggregates, "import_rows", raise_taken)
    world.steps.import_part(list_id, part)
    closed = world.steps.compensate(list_id)
    assert closed.status is ListStatus.REJECTED
    assert identities[0] in (closed.reason or "")
    assert len(closed.reason or "") <= REASON_CHARACTERS
    assert _within(closed)


class Quoting(Details):
    """Has a rule of its own, whose message quotes what the file has."""

    quoting_id: Identifier
    note: str

    @model_validator(mode="after")
    def _short(self) -> "Quoting":
        if len(self.note) > 10:
            raise ValueError(f"{self.note} is too long")
        return self


def test_a_message_of_a_teams_own_rule_is_shortened_in_the_report():
    """Ten thousand of them are kept in memory."""
    [rejection] = Rows(Quoting).check(("quoting_id", "note"), [Record(2, ["a", "x" * 50_000])]).rejections
    report = Report()
    report.add([rejection, Rejection(3, "f" * 50_000, '"' * 50_000, Fault.VALUE)])
    assert all(len(line) <= LINE_CHARACTERS for line in report.rows.splitlines())


def test_a_long_reason_of_an_older_version_is_shortened_in_event_and_report():
    """In the event and in the report; the record stays as it was."""
    world = World(PAYMENT)
    list_id = world.register(b"x").list_id
    world.lists.refuse(list_id, "x" * 300_000)
    closed = world.steps.compensate(list_id)
    assert len(json.dumps(list_event(PAYMENT, closed, fresh_traceparent()))) < MESSAGE_BYTES
    assert len(with_reason("", closed.reason or "")) < LINE_CHARACTERS


@pytest.mark.parametrize("name", ["x" * 1_010, "ü" * 505, "\x01" * 1_010])
def test_the_longest_name_of_a_file_has_a_report(name: str):
    """An object's key has at most 1,024 bytes in UTF-8, and a report's key is longer than its file's."""
    key = f"incoming/acme/{name}"
    assert len(key.encode()) == 1_024
    _, closed = _rejected(b"", key)
    assert len(closed.file.report_key.encode()) <= 1_024
    assert closed.file.report_key.startswith("reports/acme/")
    assert closed.file.report_key.endswith(".report.csv")
    assert _within(closed)


def test_two_long_names_have_two_reports():
    """Also if only their last letters differ."""
    keys = {PinnedFile("inbox", f"incoming/acme/{'x' * 1_009}{end}", "v1", 1).report_key for end in ("a", "b")}
    assert len(keys) == 2


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
_CELLS = st.builds(lambda text, times: text * times, _TEXTS, st.sampled_from((1, 1, 1, 50, 1_000)))
_TIMES = st.sampled_from((1, 1, 1, 30, 3_000))
_SAME = st.builds(
    lambda cells, times: (cells * times)[: ROW_CHARACTERS // (1 + max(map(len, cells), default=0))],
    st.lists(_CELLS, max_size=8),
    _TIMES,
)
_COUNTED = st.builds(lambda text, times: [f"{text}{n}" for n in range(times)], _TEXTS, _TIMES)
_WIDE = st.one_of(_SAME, _COUNTED)
_HEADERS = st.one_of(st.just(list(PAYMENT.rows.columns)), _WIDE)
_NAMES = st.builds(lambda name: name.replace("/", "_").encode()[:1_000].decode(errors="ignore") or "x", _CELLS)


@settings(max_examples=60, deadline=None)
@given(_HEADERS, st.lists(_WIDE, max_size=4), _NAMES)
def test_the_rejection_of_any_file_is_published_and_recorded(header: list[str], rows: list[list[str]], name: str):
    """Header, rows and the file's name are the partner's."""
    world, closed = _rejected(_file([header, *rows]), f"incoming/acme/{name}")
    assert _within(closed)
    assert all(len(line["reason"] + line["field"]) <= LINE_CHARACTERS for line in _report_lines(world, closed))

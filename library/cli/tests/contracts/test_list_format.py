"""The partners' page: the columns and codes of each context, and the limits of the code that reads a list."""

import csv
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from payment.context import PAYMENT

from bounded_context import Amount, BusinessError, Context, Text
from bounded_context.application.reading import MAX_RECORD_CHARACTERS
from bounded_context.application.results import REPORTED_REJECTIONS
from bounded_context.domain.faults import (
    APPROVAL_CODES,
    CONTROL_CODES,
    LIST_CODES,
    ROW_CODES,
    Fault,
    ListFault,
)
from bounded_context.domain.formats import PLAIN, FileFormat
from bounded_context.domain.rows import Record
from bounded_context.testing.functions import assembled
from bounded_context_cli.contracts import documents as list_format_module
from bounded_context_cli.contracts.documents import list_format, list_format_page
from bounded_context_cli.partner_kit.check import Terms, check
from bounded_context_cli.partner_kit.contents import described
from bounded_context_cli.promises import Repository
from bounded_context_cli.promises.documents import lists_are_described
from bounded_context_cli.views.pages.lists import Column, html, markdown
from bounded_context_infra.configuration.project import Project, current
from tests.contexts import CONTEXTS
from tests.things import context_of


class TooLarge(BusinessError):
    """Refuses a sum."""

    code = "sum-too-large"
    title = "The sum is too large"


def _of(context: Context) -> Project:
    project = Project(current().root, {})
    project.__dict__["context"] = context
    return project


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda context: context.name)
def test_the_sample_of_the_page_is_a_good_list(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order of the columns, each with the accepted form."""
    monkeypatch.setattr(Project, "package", PAYMENT.name)
    header, cells = csv.reader(StringIO(list_format_page(_of(context)).partition("```csv\n")[2].partition("\n```")[0]))
    assert tuple(header) == context.rows.columns
    assert not context.rows.check(tuple(header), [Record(2, cells)]).rejections


def test_the_page_has_every_code_and_limit() -> None:
    """Of the library, of the context's own refusals, and of the stack's settings."""
    form = list_format(_of(replace(PAYMENT, errors=(TooLarge,))))
    assert {*ROW_CODES, *LIST_CODES, *APPROVAL_CODES, *CONTROL_CODES, ListFault.STRUCTURE} == {
        *Fault,
        *ListFault,
        "invalid",
    }
    assert set(form.rows) == {*ROW_CODES, TooLarge.code}
    assert "unknown" not in list_format(_of(replace(PAYMENT, references={}, verification="verify_list"))).rows
    text = markdown(replace(form, most_mb=7, tolerated_share=0.125, temporary_names=(".part",)))
    limits = ("7 MB", "12.5 %", f"{MAX_RECORD_CHARACTERS:,} characters", f"{REPORTED_REJECTIONS:,} lines", "`.part`")
    assert [limit for limit in limits if limit not in text] == []
    assert "%" not in markdown(replace(form, tolerated_share=0))


def test_an_optional_column_has_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Project, "package", PAYMENT.name)
    columns = list_format(_of(context_of({"note": (Text | None, None), "fee": (Amount, Decimal("1.50"))}))).columns
    assert [column.default for column in columns] == [None, "", "1.50"]


def test_partners_see_the_refusals_of_the_command_that_creates_alone() -> None:
    """And those of every rule: no other command runs over their rows."""
    create, change, delete = PAYMENT.commands

    class TooLate(BusinessError):
        code = "too-late"

    commands = (replace(create, errors=(TooLarge,)), replace(change, errors=(TooLate,)), delete)
    rows = list_format(_of(replace(PAYMENT, commands=commands))).rows
    assert (TooLarge.code in rows, TooLate.code in rows) == (True, False)


def test_no_text_of_a_context_breaks_out_of_the_page() -> None:
    form = replace(list_format(current()), columns=[Column("a", "b | <b>c</b>", 'd,"e"')])
    assert "| b \\| <b>c</b> |" in markdown(form)
    assert '\na\n"d,""e"""\n' in markdown(form)
    assert "<b>" not in "".join(html(form))


@pytest.mark.parametrize("text", [None, "outdated"])
def test_an_outdated_or_missing_page_breaks_the_promise(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = Repository(current())
    assert list(lists_are_described(where)) == []
    monkeypatch.setattr(list_format_module, "LIST_FORMAT", path := tmp_path / "lists.md")
    if text:
        path.write_text(text, encoding="utf-8")
    assert len(list(lists_are_described(where))) == 1


@pytest.mark.parametrize("format_", [PLAIN, FileFormat(kind="json-lines")], ids=lambda format_: format_.kind)
def test_a_missing_an_unknown_and_an_empty_value_end_as_the_page_says(
    format_: FileFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing column refuses a list of CSV; a missing member rejects its row."""
    context = context_of({"owner": (Text, ...), "note": (Text | None, None)})
    header, cells = [context.identity, "owner", "note"], ["id-1", "Ada", "x"]
    objects = format_.kind == "json-lines"
    ends = {
        "owner missing": ([header[0], header[2]], ["id-1", "x"], "value" if objects else "list-header"),
        "owner empty": (header, ["id-1", "", "x"], "value"),
        "note missing": (header[:2], cells[:2], ""),
        "note empty": (header, ["id-1", "Ada", ""], ""),
        "a column more": ([*header, "colour"], [*cells, "red"], "list-header"),
    }
    for case, (names, row, code) in ends.items():
        data = assembled([names, row], format_)
        report = check(context, BytesIO(data), len(data), Terms(10_000, Fraction(1), format_)).report.decode()
        codes = [line["code"] for line in csv.DictReader(StringIO(report))]
        assert codes[:1] == ([code] if code else []), case
        assert not code.startswith("list") or "note" in report, case
    monkeypatch.setattr(Project, "package", PAYMENT.name)
    form = list_format(_of(context))
    text = markdown(described(form, context.rows, format_))
    row = "the row is rejected" if objects else "the list is refused"
    assert f"| {row} | the row is rejected |" in text
    assert "| no value | no value |" in text
    assert "These columns are optional: `note`." in text
    assert ("From Excel" in text, "```json" in text) == (not objects, objects)


@pytest.mark.parametrize(
    ("format_", "saved"),
    [
        (FileFormat(delimiter=";", decimal=","), "CSV UTF-8"),
        (FileFormat(delimiter=";", encoding="windows-1252"), '"CSV (Comma'),
        (FileFormat(delimiter="\t", encoding="utf-16"), "Unicode Text"),
        (FileFormat(delimiter="|"), ""),
    ],
    ids=str,
)
def test_the_remarks_on_excel_are_those_of_the_format(format_: FileFormat, saved: str) -> None:
    text = markdown(described(list_format(current()), current().context.rows, format_))
    assert saved in text
    assert ("## From Excel" in text) is bool(saved)

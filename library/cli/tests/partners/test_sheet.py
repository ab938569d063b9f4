"""The connection sheet: a file that follows it is a list for the import, the kit, its page and its description."""

import csv
import gzip
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from decimal import Decimal
from fractions import Fraction
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from payment.context import PAYMENT

from bounded_context import Context, Export
from bounded_context.domain.formats import CHOICES, PLAIN, FileFormat
from bounded_context.domain.lists import ListStatus
from bounded_context.testing import Samples
from bounded_context.testing.functions import assembled
from bounded_context_cli.partner_kit import contents as contents_module
from bounded_context_cli.partner_kit.check import VALID, Terms, check
from bounded_context_cli.partner_kit.cli import SCRIPTS, described_format, script, unsupported
from bounded_context_cli.partner_kit.contents import Contents, contents
from bounded_context_cli.partners.sheet import sheet
from bounded_context_cli.programs.stack_settings import settings_of
from bounded_context_infra.configuration.config import SettingError
from bounded_context_infra.configuration.list_settings import Partner
from bounded_context_infra.configuration.project import current
from bounded_context_infra.configuration.settings import Settings
from tests.application.test_fixed_width import FIXED
from tests.partner_kit.files import RENAMED
from tests.partner_kit.test_agreement import imported
from tests.partner_kit.test_page import _encoded, _run

NAMES: Final = st.text("abzäß 1", min_size=2, max_size=8).map(lambda text: f"x{text}x".replace("  ", " "))
HEADERS: Final = st.lists(NAMES, unique=True, max_size=3).map(
    lambda names: dict(zip(names, PAYMENT.rows.columns[1:], strict=False))
)
DAYS: Final = ("YYYY-MM-DD", "DD.MM.YYYY", "MM/DD/YYYY", "YYYYMMDD", "DD MM YYYY")
TEXTS: Final = {"kind": ("csv", "json-lines"), "decimal": (".", ",")}
FORMATS: Final = st.builds(
    FileFormat,
    header=HEADERS,
    date=st.sampled_from(DAYS),
    **{name: st.sampled_from(values) for name, values in {**CHOICES, **TEXTS}.items()},
).map(lambda made: replace(made, delimiter=PLAIN.delimiter) if made.kind == "json-lines" else made)
DELIMITERS: Final = {"commas": ",", "semicolons": ";", "tabs": "\t", "vertical bars": "|"}
ENCODINGS: Final = {name.upper(): name for name in CHOICES["encoding"]}


def _kit(format_: FileFormat) -> tuple[Contents, dict[str, str]]:
    """Return the kit and the sheet of a partner with a format."""
    own = replace(settings_of(current(), "prod"), partners={"acme": Partner(public_keys=())}, formats={"acme": format_})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contents_module, "settings_of", lambda *_: own)
        kit = contents(current(), "prod", "acme")
    text = sheet(PAYMENT, "prod", "acme", own, {})
    return kit, dict(re.split(r"  +", line, maxsplit=1) for line in text.splitlines())


def _file(facts: Mapping[str, str]) -> bytes:
    """Write a list as a partner does who has only the sheet."""
    form = facts["Format"]
    decimals = facts.get("Decimals", "as 12.50")
    day, mark = facts.get("Days", "as YYYY-MM-DD").removeprefix("as "), "" if "digits" in decimals else decimals[-3]
    rows = [{**Samples(PAYMENT).values(number), "amount": "12.50".replace(".", mark)} for number in range(3)]
    for row in rows:
        year, month, of_month = row["due_date"].split("-")
        row["due_date"] = day.replace("YYYY", year).replace("MM", month).replace("DD", of_month)
    if "workbook" in form:
        [first, *lines] = _table(facts, ", ", rows)
        # The writer of a workbook without ends takes each line as it is.
        return assembled([first, *lines], FileFormat(kind="xlsx"))
    if form.startswith("XML"):
        return _xml(facts, rows)
    if "Columns" in facts:
        return _fixed(facts, rows)
    if "JSON" in form:
        names = facts["Members"].split(", ")
        text = "\n".join(json.dumps(dict(zip(names, row.values(), strict=True)), ensure_ascii=False) for row in rows)
    else:
        delimiter = next(sign for words, sign in DELIMITERS.items() if f"with {words}" in form)
        text = _csv(_table(facts, delimiter, rows), delimiter)
    data = text.encode(next(name for words, name in ENCODINGS.items() if f"text in {words}," in form))
    return gzip.compress(data) if "gzip" in form else data


def _table(facts: Mapping[str, str], delimiter: str, rows: Sequence[Mapping[str, str]]) -> list[list[str]]:
    """Return the lines of a table: the names, the rows, and the lines that the sheet names."""
    names = facts.get("Second line", facts["First line"]).split(delimiter)
    lines = [names, *([*row.values()] for row in rows)]
    if "Second line" in facts:
        lines.insert(0, [facts["First line"].split()[2].rstrip(",")])
    if "Last line" in facts:
        total = str(3 * Decimal(rows[0]["amount"].replace(",", "."))).replace(".", rows[0]["amount"][-3])
        places = {1: facts["Last line"].split()[2].rstrip(",")}
        for name, text in (("Count of rows", "3"), ("Sum of amount", total)):
            place = re.fullmatch("column ([0-9]+) of the last line", facts[name])
            assert place
            places[int(place[1])] = text
        lines.append([places.get(column, "") for column in range(1, max(places) + 1)])
    return lines


def _fixed(facts: Mapping[str, str], rows: Sequence[Mapping[str, str]]) -> bytes:
    """Write rows at the places of the sheet, with the count and the sum that it names."""
    places = dict(re.findall(r"(\w+): characters ([0-9-]+)", facts["Columns"]))
    mark, first = re.fullmatch("each begins with (.+)", facts["Rows"]), facts["First line"].split()[2].rstrip(",")
    last = facts["Last line"].split()[2].rstrip(",")
    lines = [_placed(mark[1] if mark else "", {places[name]: text for name, text in row.items()}) for row in rows]
    count, total = (facts[name].split()[1] for name in ("Count of rows", "Sum of amount"))
    amount = re.sub("[^0-9]", "", rows[0]["amount"])
    trailer = _placed(last, {count: str(len(rows)), total: str(int(amount) * len(rows))})
    return "".join(f"{line}\n" for line in (first, *lines, trailer)).encode()


def _xml(facts: Mapping[str, str], rows: Sequence[Mapping[str, str]]) -> bytes:
    """Write rows as elements at the paths of the sheet."""
    places = dict(re.findall(r"(\w+): path ([^ ,]+)", facts["Columns"]))
    *around, element = facts["Rows"].removeprefix("each is an element ").split("/")
    assert all(re.fullmatch(r"\w+", place) for place in places.values())
    body = "".join(
        f"<{element}>{''.join(f'<{places[name]}>{text}</{places[name]}>' for name, text in row.items())}</{element}>"
        for row in rows
    )
    for name in reversed(around):
        body = f"<{name}>{body}</{name}>"
    return body.encode()


def _placed(line: str, values: Mapping[str, str]) -> str:
    for place, text in values.items():
        begin, end = map(int, place.split("-"))
        assert len(text) <= end - begin + 1
        line = line.ljust(end)
        line = line[: begin - 1] + text.ljust(end - begin + 1) + line[end:]
    return line


def _csv(records: Sequence[Sequence[str]], delimiter: str) -> str:
    text = StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(records)
    return text.getvalue()


XLSX: Final = FileFormat(kind="xlsx", header={"Summe": "amount"})
XML: Final = FileFormat(
    kind="xml", record="File/Batch/Row", decimal=",", columns={name: f"v_{name}" for name in PAYMENT.rows.columns}
)
GERMAN: Final = FileFormat(
    delimiter=";", encoding="windows-1252", decimal=",", date="DD.MM.YYYY", header={"Summe": "amount"}
)


ENDS: Final = {"first": "H", "last": "T", "count": "last 3", "sum": "last 2", "of": "amount"}


@pytest.mark.parametrize(
    "format_",
    [
        *(GERMAN, FIXED, XML, XLSX, FileFormat(kind="json-lines", encoding="utf-16", compression="gzip")),
        *(replace(GERMAN, control=ENDS), replace(XLSX, control=ENDS | {"sum": "last 12"})),
    ],
    ids=str,
)
def test_a_file_that_follows_the_sheet_is_a_list(format_: FileFormat) -> None:
    _assert_agreement(format_)


@pytest.mark.slow
@given(FORMATS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True, database=None)
def test_sheet_kit_page_and_import_agree_on_each_format(format_: FileFormat) -> None:
    _assert_agreement(format_)


def _assert_agreement(format_: FileFormat) -> None:
    """Write a file by the sheet: the import and the kit accept it, and kit and page have its format and limit."""
    kit, facts = _kit(format_)
    data = _file(facts)
    assert imported(PAYMENT, data, format_=format_)[0] is ListStatus.IMPORTED
    assert check(PAYMENT, BytesIO(data), len(data), Terms(kit.most_bytes, Fraction(0), format_)).status == VALID
    assert FileFormat(**kit.for_python()["file"]) == format_
    assert described_format(kit, PAYMENT)["file"] == asdict(PAYMENT.rows.read_as(format_))
    if format_.has_names:
        mark = format_.delimiter if format_.kind == "csv" else ", "
        line = "Second line" if format_.control else "First line"
        names = facts["Members" if format_.has_objects else line].split(mark)
    else:
        names = [place.partition(":")[0] for place in facts["Columns"].split(", ")]
    assert [column.name for column in kit.form.columns] == names
    form, _, limit = facts["Format"].rpartition(", at most ")
    assert kit.form.file[0] == f"It is {form}."
    assert limit == f"{kit.form.most_mb} MB"


@pytest.mark.e2e
def test_the_page_of_a_partner_accepts_a_file_that_follows_the_sheet(tmp_path: Path) -> None:
    scripts: list[str] = []

    @given(FORMATS.filter(lambda format_: not unsupported(format_)))
    @settings(max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    def collect(format_: FileFormat) -> None:
        kit, facts = _kit(format_)
        case = json.loads(_encoded([_file(facts)]))[0]
        bytes_ = f'Uint8Array.from(atob("{case}"), (sign) => sign.charCodeAt(0))'
        scripts.append(f"(() => {{ {script(kit, PAYMENT, SCRIPTS[:2])}\nreturn checkList({bytes_}); }})()")

    collect()
    run = f"document.body.replaceChildren(new Text(JSON.stringify([{','.join(scripts)}])))"
    results: list[Any] = _run(tmp_path, f"<!doctype html><meta charset=utf-8><body><script>{run}</script></body>")
    assert [result["lines"] for result in results] == [[]] * len(scripts)
    assert len(results) > 20


@pytest.mark.parametrize("context", [PAYMENT])
def test_the_sheet_of_a_partner_without_a_format_is_the_plain_format(context: Context[Any]) -> None:
    _, facts = _kit(PLAIN)
    assert facts["First line"] == ",".join(context.rows.columns)
    assert facts["Format"] == "CSV text in UTF-8, with commas between the cells, at most 1024 MB"
    assert (facts["Decimals"], facts["Days"]) == ("with a point, as 12.50", "as YYYY-MM-DD")


@pytest.mark.parametrize(("deliver", "folder"), [(None, "/outgoing"), ("sftp://sftp.example.org/inbox", None)])
def test_the_sheet_has_the_folder_of_exported_files(deliver: str | None, folder: str | None) -> None:
    """A partner with an own server sees no such folder, and neither does a partner without an export."""
    context = replace(PAYMENT, exports=(Export("daily", ("amount",), "rate(1 day)", ("acme",)),))
    partners = {"acme": Partner(public_keys=(), deliver=deliver), "other": Partner(public_keys=())}
    settings = replace(settings_of(current(), "prod"), partners=partners)
    own, other, plain = (
        dict(line.split("  ", 1) for line in sheet(declared, "prod", name, settings, {}).splitlines())
        for declared, name in ((context, "acme"), (context, "other"), (PAYMENT, "acme"))
    )
    assert own.get("Exports in", "").strip() == (folder or "")
    assert "Exports in" not in {*other, *plain}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"amount": "31-40"}, "has a column by two names: write one of them"),
        ({"claimed_amount": None}, "leaves 'claimed_amount' without a place, so no file is accepted: write its place"),
    ],
)
def test_each_column_of_a_renamed_context_has_one_place(change: dict[str, str | None], fault: str) -> None:
    """A format may name a column by its earlier name, and not by both."""
    places = {"thing_id": "1-10", "claimed_amount": "11-20", "day": "21-30", **change}
    form = {"kind": "fixed", "columns": {name: place for name, place in places.items() if place}}
    config = {"sftp": "none", "protect": "true", "rollout_strategy": "AllAtOnce"}
    config["partners"] = json.dumps({"acme": {"public_keys": [], "format": form}})
    with pytest.raises(SettingError, match=fault):
        Settings.from_config(RENAMED, config)

"""The page in a browser: it agrees with the import on generated files, and shows and offers the report."""

import csv
import html
import json
import re
import subprocess
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import replace
from io import BytesIO, StringIO
from itertools import product
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Any, Final

import pytest
from hypothesis import given, settings
from payment.context import PAYMENT
from pydantic import Field

from bounded_context import Context, Renamed, Text
from bounded_context.application.reading import GZIP
from bounded_context.domain.faults import ListFault
from bounded_context.domain.formats import PLAIN, FileFormat
from bounded_context_cli.partner_kit.check import Terms, check
from bounded_context_cli.partner_kit.cli import SCRIPTS, described_format, page, script, unsupported
from bounded_context_cli.partner_kit.contents import Contents, contents
from bounded_context_cli.testing import browser
from bounded_context_infra.configuration.project import current
from tests.application.test_detection import DOCUMENTS, FORM, ROWS, SAMPLES, WRITTEN
from tests.things import context_of

from .files import FORMATS, KITS, PACKED, PLACED, RENAMED, TYPED, files, named, odd_values
from .test_agreement import EXAMPLES

SHARES: Final = (0.3, 1)
MOST_MB: Final = 4
"""The limit of the tests: the largest file is the file with each odd value in a column of each type."""
_Word: Any = Annotated[str, Field(pattern=r"^\w+$")]
Line = tuple[str, str, str, str]
_RUN: Final = """
const CASES = %s;
const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
const line = ([number, field, reason, code]) => [String(number), field, code, code === "list-format" ? reason : ""];
const found = CASES.map((text) => checkList(bytes(text)).lines.map(line));
document.body.replaceChildren(new Text(JSON.stringify(found)));
"""
_USE: Final = """
// Virtual time stands still during a request, so that the browser has time to read the file.
const pause = () => new Promise((done) => {
  const request = new XMLHttpRequest();
  request.onloadend = done;
  request.open("GET", location.href);
  request.send();
});
const frame = document.querySelector("iframe"), cases = %s;
addEventListener("load", async () => {
  const page = frame.contentDocument, found = [];
  for (const text of cases) {
    const chosen = new DataTransfer(), input = page.getElementById("list"), result = page.getElementById("result");
    result.textContent = "";
    chosen.items.add(new File([Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))], "my list.csv"));
    input.files = chosen.files;
    input.dispatchEvent(new Event("change"));
    while (!result.textContent) await pause();
    const link = page.getElementById("report");
    found.push({
      result: result.textContent,
      rows: [...page.querySelectorAll("#rejects tr")].map((row) => [...row.children].map((cell) => cell.textContent)),
      name: link.download,
      report: await (await fetch(link.href)).text(),
    });
  }
  document.body.replaceChildren(new Text(JSON.stringify(found)));
});
"""


def _kit(share: float = SHARES[0], format_: FileFormat = PLAIN) -> Contents:
    kit = contents(current(), "prod")
    return replace(kit, format_=format_, form=replace(kit.form, most_mb=MOST_MB, tolerated_share=share))


def _encoded(cases: Sequence[bytes]) -> str:
    return json.dumps([b64encode(case).decode() for case in cases])


def _run(folder: Path, document: str) -> Any:
    """Open a document in a browser, and return the JSON that its script leaves."""
    chromium = browser.found_or_skip()
    path = folder / "run.html"
    path.write_text(document, encoding="utf-8")
    command = [chromium, *browser.OPTIONS, f"--user-data-dir={folder / 'profile'}", path.as_uri()]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)  # noqa: S603
    [body] = re.findall(r"<body>(.*)</body>", result.stdout, re.DOTALL)
    return json.loads(html.unescape(body))


def _imported(context: Context[Any], data: bytes, kit: Contents) -> list[Line]:
    lines = csv.DictReader(StringIO(_report(context, data, kit), newline=""))
    # The page does not unpack a file.
    return [
        (line["line"], line["field"], line["code"], line["reason"] if line["code"] == ListFault.FORMAT else "")
        for line in lines
        if line["code"] != ListFault.FORMAT or not data.startswith(GZIP)
    ]


def _report(context: Context[Any], data: bytes, kit: Contents) -> str:
    return check(
        context, BytesIO(data), len(data), Terms(kit.most_bytes, kit.tolerated_share, format_=kit.format_)
    ).report.decode()


def _generated(context: Context[Any], examples: int, format_: FileFormat = PLAIN) -> list[bytes]:
    data_files: list[bytes] = []

    @settings(EXAMPLES, max_examples=examples)
    @given(files(context, format_))
    def collect(data: bytes) -> None:
        data_files.append(data)

    collect()
    return data_files


def _large(context: Context[Any]) -> list[bytes]:
    """Files at the limits: of a record, of a file, and of the bytes that are decoded at once."""
    names = ",".join(context.rows.columns).encode() + b"\n"
    # A line end of two bytes is at the end of the first 8,192 bytes.
    half = names + b"\n" * ((8192 - len(names) - 99) % 100) + (b"x" * 98 + b"\r\n") * 100
    return [
        *(names + b"x" * number for number in (65_536, 65_537, 200_000, MOST_MB * 1024 * 1024 + 1)),
        *(names + "😀".encode() * number for number in (65_536, 65_537)),
        *(b"x\n" + b"x\n" * number + b"\xff" for number in (4000, 5000)),
        names + b"," * 1001,
        names + (b"x" * 10 + b"\n") * 12_000,
        half,
        odd_values(context),
    ]


def _assert_agreement(
    context: Context[Any], cases: Sequence[bytes], folder: Path, share: float, format_: FileFormat = PLAIN
) -> None:
    kit = _kit(share, format_)
    source = script(kit, context, SCRIPTS[:2]) + _RUN % _encoded(cases)
    seen = _run(folder, f"<!doctype html><meta charset=utf-8><body><script>{source}</script></body>")
    for data, lines in zip(cases, seen, strict=True):
        assert [tuple(line) for line in lines] == _imported(context, data, kit), data[:2000]


@pytest.mark.e2e
@pytest.mark.parametrize(
    "context",
    [KITS[0], RENAMED, TYPED, *(pytest.param(kit, marks=pytest.mark.nightly) for kit in KITS[1:-2])],
    ids=attrgetter("name"),
)
def test_the_page_and_the_import_find_the_same_faults(context: Context[Any], tmp_path: Path) -> None:
    for share in SHARES:
        _assert_agreement(context, [*_large(context), *_generated(context, 300)], tmp_path, share)


@pytest.mark.e2e
@pytest.mark.parametrize("format_", FORMATS[1:], ids=str)
def test_the_page_and_the_import_agree_on_the_files_of_a_partner(format_: FileFormat, tmp_path: Path) -> None:
    """With a format of its own, and bytes that are no text in it."""
    own = named(format_, TYPED)
    names = ",".join(own.names(TYPED.rows.columns)).replace(",", own.delimiter)
    lines = [name.encode(own.encoding) for name in (names, "\r\n", "x", "\u00e4")]
    ends = [b"\x81", b"\x00\xd8", "\u00e4".encode(), b"\xd8\x00\xd8\x00", "\ufeff".encode("utf-16-le")]
    broken = [b"".join([*lines, lines[1] * number, end]) for end in ends for number in (1, 1500, 4200)]
    # Days of the plain format, which are no days of this format.
    mixed = odd_values(TYPED, replace(own, date=PLAIN.date))
    cases = [odd_values(TYPED, own), mixed, *broken, *_generated(TYPED, 200, own)]
    _assert_agreement(TYPED, cases, tmp_path, SHARES[1], own)


@pytest.mark.e2e
@pytest.mark.parametrize("expected", FORMATS[:3], ids=str)
def test_the_page_detects_other_formats_as_the_import_does(expected: FileFormat, tmp_path: Path) -> None:
    """Separators, encodings, kinds and notations, other names of columns, and documents that are no list."""
    written = [format_ for format_ in WRITTEN if format_.compression == "none"]
    headed = [replace(format_, header={f"{name} name": name for name in FORM.columns}) for format_ in written[::3]]
    cases = [SAMPLES.file(ROWS, format_=format_) for format_ in (*written, *headed)]
    ambiguous = SAMPLES.file(ROWS, format_=FileFormat(date="DD/MM/YYYY")).replace(b"31/01/", b"02/01/")
    cases += [ambiguous, cases[0].replace(b"payer", b"payer;a;b;c;d;e;f;g")]
    cases += [*DOCUMENTS.values(), *(data[: len(data) * 2 // 3] for data in cases), *_mixed(cases[0])]
    _assert_agreement(PAYMENT, cases, tmp_path, SHARES[1], expected)
    remedies = {line[3] for data in cases for line in _imported(PAYMENT, data, _kit(SHARES[1], expected))}
    assert len(remedies) > 8


def _mixed(data: bytes) -> Iterator[bytes]:
    """Yield files with bytes of another encoding, on a line near the beginning and far from it."""
    header, _, rows = data.partition(b"\n")
    row = rows.partition(b"\n")[0] + b"\n"
    for before, foreign in product(
        ("", "Ada", "J\u00fcrgen"), ("J\u00fcrgen".encode("cp1252"), b"\x81", "J\u00fcrgen".encode())
    ):
        for count in (0, 2000):
            yield b"\n".join([header, row.replace(b"J\xc3\xbcrgen", before.encode()) * count + foreign, row])


@pytest.mark.e2e
@pytest.mark.nightly
def test_the_page_and_the_import_agree_on_thousands_of_files(tmp_path: Path) -> None:
    for context, format_ in product(KITS, FORMATS):
        own = named(format_, context) if format_ != PLAIN else PLAIN
        files_ = _generated(context, 5000 // len(KITS) // len(FORMATS), own)
        _assert_agreement(context, files_, tmp_path, SHARES[0], own)


@pytest.mark.e2e
def test_a_partner_chooses_a_list_and_gets_the_report(tmp_path: Path) -> None:
    """The report is that of the import, with the remedies."""
    kit, path = _kit(), tmp_path / "kit.html"
    path.write_text(page(kit, PAYMENT), encoding="utf-8")
    cases = [kit.sample, kit.broken, b""]
    frame = (
        f'<!doctype html><body><iframe src="{path.as_uri()}"></iframe><script>{_USE % _encoded(cases)}</script></body>'
    )
    good, broken, empty = _run(tmp_path, frame)
    assert (good["rows"], good["result"]) == ([], "my list.csv: 3 rows, 0 rejected.")
    assert [row[3] for row in broken["rows"]] == ["value", "repeated", "cells", "list-tolerance"]
    assert [row[3] for row in empty["rows"]] == ["list-empty"]
    assert broken["name"] == "my list.csv.report.csv"
    lines = [list(csv.DictReader(StringIO(text))) for text in (broken["report"], _report(PAYMENT, cases[1], kit))]
    assert [{**line, "reason": ""} for line in lines[0]] == [{**line, "reason": ""} for line in lines[1]]


@pytest.mark.e2e
def test_the_page_is_readable_without_loading_resources(tmp_path: Path) -> None:
    path = tmp_path / "kit.html"
    path.write_text(page(_kit(), PAYMENT), encoding="utf-8")
    flaws = browser.look(browser.found_or_skip(), path, tmp_path / "browser").flaws()
    assert [flaw for flaw in flaws if not flaw.endswith(": 1 scripts.")] == []


_RENAMED: Final = context_of({"owner": (Annotated[Text, Renamed("payer")], ...)})


def test_a_renamed_column_has_both_names() -> None:
    """The checks belong to the new name."""
    described = described_format(_kit(), _RENAMED)
    assert described["columns"][1].items() >= {"name": "owner", "written": "owner", "most": 200}.items()
    assert described["file"]["header"]["payer"] == "owner"


@pytest.mark.e2e
def test_the_page_reads_a_renamed_column_as_the_import_does(tmp_path: Path) -> None:
    """Under each name, and not under both."""
    names = ("owner", "payer", "owner,payer", "other")
    cases = [f"{_RENAMED.identity},{name}\nid-1,Ada{',x' * name.count(',')}\n".encode() for name in names]
    _assert_agreement(_RENAMED, cases, tmp_path, SHARES[0])


def test_a_column_that_only_python_checks_is_named() -> None:
    """A type of the context, and a pattern that browsers read in another way."""
    context = context_of({"note": (Text | None, None), "days": (int, ...), "word": (_Word, ...)})
    [_, note, days, word] = described_format(_kit(), context)["columns"]
    assert note["most"] == 200
    assert not {"pattern", "values", "kind"} & {*days, *word}
    assert "only the form of: days, word" in page(_kit(), context)


def test_the_page_accepts_each_name_of_a_column() -> None:
    """As the import does; it names the new one."""
    described = described_format(_kit(), RENAMED)
    assert [column["name"] for column in described["columns"]] == ["thing_id", "claimed_amount", "day"]
    assert {"amount": "claimed_amount", "due": "day"}.items() <= described["file"]["header"].items()


def test_a_format_that_no_page_can_read_is_refused() -> None:
    formats = (*FORMATS, *PACKED, *PLACED)
    assert [bool(unsupported(format_)) for format_ in formats] == [False] * 5 + [True] * (len(formats) - 5)


def test_no_text_ends_the_script() -> None:
    kit = _kit()
    form = replace(kit.form, rows={"a": ("b", "</script><script>alert(1)</script>")})
    assert page(replace(kit, form=form), PAYMENT).count("</script>") == 1

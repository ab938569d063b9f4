"""Files that are no list: each is refused with a reason, leaves no row, and leaves no execution behind."""

from collections.abc import Callable

import pytest

from bounded_context_local.running.context import RunningContext
from bounded_context_local.sample_lists import as_csv

from .conftest import MAX_LIST_MB
from .facts import HEADER, ID_COLUMN, SAMPLES
from .lists import Sample, assert_refused, finish

pytestmark = pytest.mark.e2e
Spoil = Callable[[Sample], bytes]

FILES: dict[str, tuple[Spoil, str]] = {
    "empty": (lambda _: b"", "empty"),
    "header-only": (lambda _: as_csv([HEADER]), "no rows"),
    "no-header": (lambda good: as_csv(good.rows), "first line"),
    "missing-column": (lambda good: as_csv([HEADER[:-1], *[row[:-1] for row in good.rows]]), "missing"),
    "unknown-column": (lambda good: as_csv([[*HEADER, "colour"], *[[*row, "red"] for row in good.rows]]), "unknown"),
    "repeated-column": (
        lambda good: as_csv([[*HEADER, HEADER[0]], *[[*row, row[0]] for row in good.rows]]),
        "repeated",
    ),
    "utf-16": (lambda good: good.content.decode().encode("utf-16"), "UTF-16"),
    "invalid-utf-8": (lambda good: good.content + b"\xff\xfe\xfa", "UTF-8"),
    "nul-bytes": (lambda _: b"\x00" * 4096, ""),
    "nul-in-a-row": (
        lambda good: good.content.replace(good.rows[0][ID_COLUMN].encode(), b"\x00" + good.rows[0][ID_COLUMN].encode()),
        "",
    ),
    "one-line-of-10-mb": (lambda _: b"a" * 10_000_000, ""),
    "one-row-of-10-mb": (lambda good: good.content + b"b" * 10_000_000, "longer than"),
    "no-csv": (lambda _: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, ""),
    "quote-without-end": (lambda good: as_csv([HEADER]) + b'"' + as_csv(good.rows), ""),
    "ragged": (lambda good: good.with_ragged(len(good.rows)).content, "cells"),
    "formulas": (lambda good: as_csv([HEADER, *[["=cmd|' /C calc'!A0"] * len(HEADER) for _ in good.rows]]), "expected"),
    "over-the-limit": (lambda _: b"x" * (MAX_LIST_MB * 1024 * 1024 + 1), "at most"),
}
RANGES_MB = 16.5
"""The size of a list of two ranges."""

ODD_AMOUNTS = ("NaN", "Infinity", "1e400", "-0", "-1.00", "0x10", "1,000.00", "٣", "")


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_is_not_a_list_is_rejected(kind: str, deployed: RunningContext, sample: Callable[[int], Sample]):
    """The report and the event say why."""
    spoil, reason = FILES[kind]
    good = sample(10)
    result = finish(deployed, deployed.partner.upload(f"{kind}.csv", spoil(good)))
    assert_refused(result, reason)


def test_a_large_list_is_rejected_by_its_ranges(deployed: RunningContext, sample: Callable[[int], Sample]):
    """Each range is read at its own place: the second range has one bad row, and repeats all rows of the first."""
    good = sample(1000)
    rows = good.content.partition(b"\n")[2]
    times = int(RANGES_MB * 2**20 / len(rows))
    content = good.content + rows * times + b"x" * 20 + b"\n"
    result = finish(deployed, deployed.partner.upload(good.name, content))
    assert_refused(result, f"{1000 * times + 1} of {1000 * (times + 1) + 1} rows were rejected")
    lines = (result.report or "").splitlines()
    assert [lines[1].split(",")[0], lines[1].split(",")[3]] == ["1002", "repeated"]


@pytest.mark.parametrize("text", ODD_AMOUNTS)
def test_an_invalid_amount_is_rejected(text: str, deployed: RunningContext, sample: Callable[[int], Sample]):
    """What only a program takes for an amount is none."""
    amounts = [column for column, kind in enumerate(SAMPLES.columns.values()) if kind == "decimal"]
    if not amounts:
        pytest.skip("this context has no amounts")
    good = sample(1)
    for column in amounts:
        good = good.with_cell(0, column, text)
    result = finish(deployed, deployed.partner.upload(good.name, good.content))
    assert_refused(result, "expected an amount")

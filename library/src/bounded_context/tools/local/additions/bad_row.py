"""Additional list with one invalid row, which is rejected with a report."""

import csv
from collections.abc import Iterator
from io import StringIO
from typing import TYPE_CHECKING, Final

from ..executions import FAILED
from .results import Shown

if TYPE_CHECKING:
    from ..running import RunningContext

NAME: Final = "one-bad-row.csv"


def bad_row(running: "RunningContext") -> Iterator[Shown]:
    """Upload the list, and yield the reasons in its report."""
    partner = running.partner
    ended = running.follow(partner.upload(NAME, running.samples.bad_document()))
    sent = f"{NAME} {partner.way}"
    if ended.outcome == FAILED:
        yield Shown(sent, FAILED, f"{NAME} ended as {FAILED}: {ended.error}.")
        return
    of_rows = [row for row in csv.DictReader(StringIO(partner.report(NAME), newline="")) if row["line"]]
    reasons = "; ".join(f"line {row['line']}, {row['field']}: {row['reason'].partition(': ')[0]}" for row in of_rows)
    yield Shown(sent, f"{ended.outcome}, {reasons}", "" if of_rows else f"The report on {NAME} names no row.")

"""A small list whose only row is bad: it is refused as a whole, and its partner reads why."""

import csv
from collections.abc import Iterator
from io import StringIO
from typing import TYPE_CHECKING, Final

from ..executions import FAILED
from .shown import Shown

if TYPE_CHECKING:
    from ..running import RunningContext

NAME: Final = "one-bad-row.csv"


def bad_row(running: "RunningContext") -> Iterator[Shown]:
    """Upload it, and say what its report says of the row."""
    partner = running.partner
    ended = running.follow(partner.upload(NAME, running.samples.bad_document()))
    sent = f"{NAME} {partner.way}"
    if ended.outcome == FAILED:
        yield Shown(sent, FAILED, f"{NAME} ended as {FAILED}: {ended.error}.")
        return
    of_rows = [one for one in csv.DictReader(StringIO(partner.report(NAME), newline="")) if one["line"]]
    said = "; ".join(f"line {one['line']}, {one['field']}: {one['reason'].partition(': ')[0]}" for one in of_rows)
    yield Shown(sent, f"{ended.outcome}, {said}", "" if of_rows else f"The report on {NAME} names no row.")

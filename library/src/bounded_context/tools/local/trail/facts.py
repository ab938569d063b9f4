"""Collection of the facts for a trail, from the table, staged parts, report, logs and subscribers."""

import csv
import io
import json
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ....domain.lists import STAGING
from .. import executions
from ..intermediate_files import staged
from ..running import RunningContext
from .trail import Facts, Rejection, published

if TYPE_CHECKING:
    from ..executions import Ended
    from ..uploads import Upload

PATIENCE_SECONDS = 3.0
PAUSE_SECONDS = 0.1


def gather(
    running: RunningContext, uploaded: "Upload", ended: "Ended", identity: str, lines: Sequence[int], report: str
) -> Facts:
    """Return the facts, after the functions' logs have arrived.

    Args:
        running: the run that imported the list.
        uploaded: the list's file.
        ended: the list's execution.
        identity: the aggregate's id.
        lines: the file's lines on which the aggregate's rows begin.
        report: the partner's report; empty if there is no report.

    Raises:
        LocalRunError: polling the logs failed.
    """
    list_id = ended.list_id or ""
    receptions = {subscriber.name: subscriber.of_subject(identity) for subscriber in running.subscribers}
    item = running.table.item_of(identity)
    own = item is not None and item.get("list_id") == list_id
    rejections = [] if own else [row for row in _rejections(report) if row.line in lines]
    _wait_for_logs(running, identity, expected=any(receptions.values()))
    return Facts(
        context=running.context,
        identity=identity,
        file=uploaded.path.rpartition("/")[2],
        way=running.partner.way,
        arrived=uploaded.arrived,
        announced=min(event.time for event in running.partner.sent if event.time >= uploaded.arrived),
        list_id=list_id,
        history=executions.history(running.aws, ended.arn),
        lines=tuple(running.watch.logs.lines),
        record=running.table.list_item(list_id) if list_id else {},
        part=_part(running, list_id, identity),
        item=item if own else None,
        receptions=receptions,
        rejections=rejections,
        rejected_by=_rejecting(running, list_id, rejections),
    )


def _wait_for_logs(running: RunningContext, identity: str, *, expected: bool) -> None:
    """Wait until the logs contain the publication; a function's lines arrive after its call."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    running.watch.look()
    while expected and not published(running.watch.logs.lines, identity) and time.monotonic() < deadline:
        time.sleep(PAUSE_SECONDS)
        running.watch.look()


def _rejections(report: str) -> list[Rejection]:
    """Return the report's rejections of single rows, which have a line number."""
    rows = csv.DictReader(io.StringIO(report, newline=""))
    return [Rejection(int(row["line"]), row["field"], row["reason"]) for row in rows if row["line"]]


def _part(running: RunningContext, list_id: str, identity: str) -> int | None:
    """Return the number of the part with an aggregate's row, or None."""
    for part in json.loads(staged(running, list_id, "import.json") or "[]"):
        name = part["key"].removeprefix(f"{STAGING}/{list_id}/")
        rows = json.loads(staged(running, list_id, name) or "{}").get("rows", [])
        if any(row[running.context.identity] == identity for row in rows):
            return part["part"]
    return None


def _rejecting(running: RunningContext, list_id: str, rejections: Sequence[Rejection]) -> str:
    """Return the function that rejected a row. The validation stores its rejections in its attempt's folder."""
    attempt = running.table.list_item(list_id).get("staged") if list_id else None
    text = staged(running, list_id, f"{attempt}/rejections.csv") if attempt else ""
    rejected: list[Any] = list(csv.reader(io.StringIO(text, newline="")))
    lines = {row[0] for row in rejected if row}
    return "validate_list" if any(str(row.line) in lines for row in rejections) else running.context.verification

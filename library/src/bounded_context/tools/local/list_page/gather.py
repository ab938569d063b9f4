"""Collection of the data about a list: record, parts, report, execution, logs and received events."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import executions
from ..intermediate_files import staged
from ..observation.calls import Call, calls
from ..observation.logs import METRICS
from .data import Part, Rejected, Step, Told
from .steps import steps

if TYPE_CHECKING:
    from ..executions import Ended
    from ..result import Result
    from ..running import RunningContext
    from ..uploads import Upload

_VERIFIED, _VALIDATED = "import.json", "manifest.json"
_IMPORTS = "import_list"


def gather(running: "RunningContext", uploaded: "Upload", ended: "Ended", result: "Result") -> Told:
    """Return the data for the page about a completed list.

    Raises:
        LocalRunError: the run could not read its logs.
    """
    running.watch.look()
    list_id = ended.list_id or ""
    record = running.table.list_item(list_id) if list_id else {}
    own = [call for call in calls(running.watch.logs.lines) if list_id and _concerns(call, list_id)]
    return Told(
        context=running.context.title,
        file=uploaded.path.rpartition("/")[2],
        size=uploaded.size,
        way=running.partner.way,
        arrived=uploaded.arrived,
        list_id=list_id,
        result=result,
        record=record,
        faults={name: int(rows) for name, rows in record.get("rejections", {}).items()},
        rejected=rejected(result.report),
        parts=list(_parts(_manifest(running, list_id), record, own)),
        steps=[*steps(executions.history(running.aws, ended.arn)), *_received(running, list_id)],
        calls=own,
    )


def rejected(report: str) -> list[Rejected]:
    """Return the rejections in a report, grouped by field and reason, the most frequent first."""
    found: dict[tuple[str, str], list[int]] = {}
    for row in csv.DictReader(io.StringIO(report, newline="")):
        lines = found.setdefault((row["field"], row["reason"]), [])
        lines += [int(row["line"])] if row["line"] else []
    groups = [Rejected(field, reason, lines) for (field, reason), lines in found.items()]
    return sorted(groups, key=lambda group: -len(group.lines))


def _concerns(call: Call, list_id: str) -> bool:
    return any(line.fields.get("list_id") == list_id for line in call.lines if line.level != METRICS)


def _manifest(running: "RunningContext", list_id: str) -> list[Mapping[str, Any]]:
    """Return the parts to import, or the validated parts if the list was not verified."""
    stored = (staged(running, list_id, name) for name in (_VERIFIED, _VALIDATED)) if list_id else ()
    return json.loads(next(filter(None, stored), "[]"))


def _parts(manifest: Iterable[Mapping[str, Any]], record: Mapping[str, Any], own: Sequence[Call]) -> Iterator[Part]:
    sets = {word: {int(number) for number in record.get(f"{word}_parts", ())} for word in ("undone", "imported")}
    for part in manifest:
        number = part["part"]
        state = next((word for word, numbers in sets.items() if number in numbers), "not imported")
        yield Part(number, part["rows"], state, [call for call in own if _wrote(call, number)])


def _wrote(call: Call, part: int) -> bool:
    return call.function == _IMPORTS and any(line.fields.get("part") == part for line in call.lines)


def _received(running: "RunningContext", list_id: str) -> Iterator[Step]:
    """Yield a step for each subscriber, from the first to the last received event of the list."""
    for subscriber in running.subscribers:
        received = list(subscriber.received) if list_id else []
        times = [reception.time for reception in received if reception.event["data"].get("list_id") == list_id]
        if times:
            yield Step(subscriber.name, f"{len(times):,} events received", min(times), max(times))

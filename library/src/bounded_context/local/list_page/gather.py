"""Where a list's facts are kept: record, parts, report, execution, the functions' logs, the subscribers."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import executions
from ..observation.calls import Call, calls
from ..observation.logs import METRICS
from ..staged import staged
from .steps import steps
from .told import Part, Rejected, Step, Told

if TYPE_CHECKING:
    from ..arrivals import Upload
    from ..executions import Ended
    from ..result import Result
    from ..running import RunningContext

_VERIFIED, _VALIDATED = "import.json", "manifest.json"
_IMPORTS = "import_list"


def gather(running: "RunningContext", uploaded: "Upload", ended: "Ended", result: "Result") -> Told:
    """Return what there is to tell of a list: of its file, its execution, and what that came to.

    Raises:
        LocalRunError: the run could not look at its logs.
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
    """Return what a report says, the same of several rows once, with what is said most often first."""
    found: dict[tuple[str, str], list[int]] = {}
    for row in csv.DictReader(io.StringIO(report, newline="")):
        lines = found.setdefault((row["field"], row["reason"]), [])
        lines += [int(row["line"])] if row["line"] else []
    said = [Rejected(field, reason, lines) for (field, reason), lines in found.items()]
    return sorted(said, key=lambda one: -len(one.lines))


def _concerns(call: Call, list_id: str) -> bool:
    return any(line.fields.get("list_id") == list_id for line in call.lines if line.level != METRICS)


def _manifest(running: "RunningContext", list_id: str) -> list[Mapping[str, Any]]:
    """Return the parts that are to be imported; of a list that did not come so far, those that are valid."""
    kept = (staged(running, list_id, name) for name in (_VERIFIED, _VALIDATED)) if list_id else ()
    return json.loads(next(filter(None, kept), "[]"))


def _parts(manifest: Iterable[Mapping[str, Any]], record: Mapping[str, Any], own: Sequence[Call]) -> Iterator[Part]:
    sets = {word: {int(one) for one in record.get(f"{word}_parts", ())} for word in ("undone", "imported")}
    for part in manifest:
        number = part["part"]
        standing = next((word for word, numbers in sets.items() if number in numbers), "not imported")
        yield Part(number, part["rows"], standing, [call for call in own if _wrote(call, number)])


def _wrote(call: Call, part: int) -> bool:
    return call.function == _IMPORTS and any(line.fields.get("part") == part for line in call.lines)


def _received(running: "RunningContext", list_id: str) -> Iterator[Step]:
    """Yield for each subscriber the time from the first of the list's events to the last."""
    for one in running.subscribers:
        times = [got.time for got in list(one.received) if list_id and got.event["data"].get("list_id") == list_id]
        if times:
            yield Step(one.name, f"{len(times):,} events received", min(times), max(times))

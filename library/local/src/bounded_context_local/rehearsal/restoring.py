"""The rehearsal of a restore: a bad release damages aggregates, and `context restore` restores them."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from boto3.dynamodb.types import TypeSerializer

from bounded_context.adapters.items import Items as TableItems
from bounded_context.domain.events import order_key
from bounded_context_cli.command.operation import SystemClock
from bounded_context_cli.command.output import LocalRunError
from bounded_context_operations.repair.restore.differences import content

from ..actors.caller import invoke
from ..actors.subscriber import Subscriber, wait_for
from ..emulator.clock import in_background
from ..provider.program import STACK
from ..run.screen import RunScreen
from ..running.context import RunningContext
from ..stack_state import quiet_second
from . import acts
from .acts import CHANGED, NEW, REMOVED, command_message, damages, messages, run_command, shorten_calls

ROWS: Final = 10_000
MOST_SECONDS: Final = 120.0
"""The maximum duration of the restore: the comparison, the pause, the writes."""

_PATIENCE: Final = 60.0

_PAUSE: Final = 0.1

_WRITTEN: Final = "rehearsal"
"""The attribute `list_id` of written aggregates, by which they are found again."""

_BATCH: Final = 25
"""Items of a request (DynamoDB API reference, BatchWriteItem)."""

Items = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Restored:
    """The result of the rehearsal. The projections are those of the subscribers, and have an aggregate each."""

    rows: int
    look: Mapping[str, Any]
    report: Mapping[str, Any]
    seconds: float
    differences: int
    wrong_projections: Mapping[str, int]
    wrong_lists: int
    calls: Mapping[str, int]

    def problems(self) -> list[str]:
        """Return a sentence for each difference from the expected result."""
        expected = {
            "the damage that the comparison found": (
                self.look.get("counts"),
                {"changed": CHANGED, "removed": REMOVED, "created": NEW},
            ),
            "the result": (self.report.get("result"), "restored"),
            "aggregates that still differ": (self.differences, 0),
            "aggregates that subscribers have otherwise": (sum(self.wrong_projections.values()), 0),
            "lists whose record does not agree with the table": (self.wrong_lists, 0),
            "whether commands were refused during the pause": (self.calls["refused"] > 0, True),
            "whether a repeated command was executed after the restore": (self.calls["executed"], 1),
            f"a restore in {MOST_SECONDS:.0f} s": (self.seconds <= MOST_SECONDS, True),
        }
        return [
            f"{name}: {actual}, not {required}." for name, (actual, required) in expected.items() if actual != required
        ]

    def as_json(self) -> dict[str, Any]:
        """Return the result in the form that `--json` prints."""
        return {
            "rows": self.rows,
            "counts": self.look.get("counts"),
            "events": self.look.get("events"),
            "written": self.report.get("written"),
            "seconds": round(self.seconds, 1),
            "differences": self.differences,
            "wrong_projections": dict(self.wrong_projections),
            "wrong_lists": self.wrong_lists,
            "calls": dict(self.calls),
            "problems": self.problems(),
        }


class Restoring:
    """A deployed context whose aggregates are damaged and restored."""

    def __init__(self, running: RunningContext, screen: RunScreen) -> None:
        """Use the context's first command for the bad release."""
        self._running, self._aws, self._screen = running, running.aws, screen
        self._context = running.context
        self._alias_arn: str = running.outputs["functions"][running.context.command_functions[0]]
        self._function = self._alias_arn.split(":")[6]
        self._outputs = Path(running.emulator.folder) / "restore-outputs.json"
        self._outputs.write_text(json.dumps(dict(running.outputs)))

    def perform(self, rows: int = ROWS) -> Restored:
        """Import a list, damage its aggregates, restore them, and compare table, projections and list record."""
        with self._screen.stage("import"):
            list_id = self._import(rows) if self._context.has_lists else self._write(rows)
        at, before = quiet_second(), self._items(list_id)
        with self._screen.stage("damage"):
            self._release_damage(before)
        shorten_calls(self._running)
        with self._screen.stage("restore"):
            started = time.monotonic()
            look = self._restore(at)
            with self._calling() as calls:
                report = self._restore(at, "--go")
            seconds = time.monotonic() - started
        with self._screen.stage("events"):
            wrong = self._wrong_projections(list_id)
        after = self._items(list_id)
        different = _different(*({key: content(item, key) for key, item in items.items()} for items in (before, after)))
        valid = self._running.table.list_item(list_id)["valid"] if self._context.has_lists else rows
        return Restored(rows, look, report, seconds, different, wrong, int(valid != len(after)), calls)

    def _import(self, rows: int) -> str:
        content = self._running.samples.document(rows)
        self._running.table.know_references(self._running.samples.references_of(content))
        execution = self._running.follow(self._running.partner.upload("restored.csv", content))
        if execution.list_id is None or self._running.table.imported(execution.list_id) != rows:
            raise LocalRunError(f"The rehearsal failed: the list was not imported ({execution.outcome}).")
        wait_for(self._running.subscribers, execution.list_id, rows + 1)
        return execution.list_id

    def _write(self, rows: int) -> str:
        """Write aggregates of a context without lists into the table, and wait for their events."""
        table, store = self._running.table.name, TableItems(self._context)
        columns = self._context.rows.stored_columns(self._running.samples.columns)
        status, serialize = self._context.initial_status, TypeSerializer()
        items = (
            store.from_values(dict(zip(columns, row, strict=True)), status, 1, _WRITTEN)
            for row in self._running.samples.rows(rows)
        )
        puts = [
            {"PutRequest": {"Item": {name: serialize.serialize(value) for name, value in item.items()}}}
            for item in items
        ]
        for start in range(0, rows, _BATCH):
            self._aws.call("dynamodb", "batch_write_item", RequestItems={table: puts[start : start + _BATCH]})
        wait_for(self._running.subscribers, _WRITTEN, rows)
        return _WRITTEN

    def _items(self, list_id: str) -> Items:
        return {str(item["pk"]): item for item in self._running.table.imported_items(list_id)}

    def _release_damage(self, items: Items) -> None:
        """Release the bad version to all callers, call it, and return to the version before."""
        code, file = self._running.project.build / "local" / "code.zip", f"{self._running.project.package}/context.py"
        before = self._move_to(acts.publish(self._aws, self._function, code, file, damages(acts.source_of(code, file))))
        identity = self._context.identity
        fields = tuple(name for name in self._context.details.stored_names.values() if name != identity)
        for message in messages(items, fields, identity):
            self._running.invoke(self._context.command_functions[0], message)
        self._move_to(before)

    def _move_to(self, version: str) -> str:
        """Move the alias to a version; return the version before."""
        alias = {"FunctionName": self._function, "Name": self._alias_arn.rpartition(":")[2]}
        before = self._aws.call("lambda", "get_alias", **alias)["FunctionVersion"]
        self._aws.call("lambda", "update_alias", **alias, FunctionVersion=version)
        return before

    def _restore(self, at: datetime, *more: str) -> dict[str, Any]:
        """Run the command; return its report."""
        words = ("restore", STACK, "--at", at.isoformat(), "--outputs", str(self._outputs), *more)
        return run_command(self._aws, words, SystemClock())[1]

    @contextmanager
    def _calling(self) -> Iterator[Counter[str]]:
        """Repeat a command that creates, until it is answered after the block; yield the counts of the results."""
        calls, message = Counter[str](), command_message(self._running.samples)
        with in_background("caller", partial(self._call, message, calls)):
            yield calls
        identity = message["payload"][self._context.identity]
        calls["executed"] = int(self._running.table.item_of(identity) is not None)

    def _call(self, message: object, calls: Counter[str], stopped: threading.Event) -> None:
        deadline = float("inf")
        while time.monotonic() < deadline:
            is_last = stopped.is_set()
            deadline = min(deadline, time.monotonic() + _PATIENCE) if is_last else deadline
            result = self._result(message)
            calls[result] += 1
            if is_last and result == "answered":
                return
            time.sleep(_PAUSE)

    def _result(self, message: object) -> str:
        """Call the command unless its concurrency is 0, which the emulator stores, and ignores for aliases."""
        reserved = self._aws.call("lambda", "get_function_concurrency", FunctionName=self._function)
        if reserved.get("ReservedConcurrentExecutions") == 0:
            return "refused"
        return "failed" if invoke(self._aws, self._alias_arn, message).failed else "answered"

    def _wrong_projections(self, list_id: str) -> dict[str, int]:
        """Return the number of aggregates that each subscriber has otherwise, when all events have arrived."""
        aggregates = map(TableItems(self._context).to_aggregate, self._items(list_id).values())
        expected = {aggregate.id: self._context.payload(aggregate) for aggregate in aggregates}
        deadline = time.monotonic() + _PATIENCE
        while True:
            copies = {
                subscriber.name: self._projection(subscriber, list_id) for subscriber in self._running.subscribers
            }
            wrong = {name: _different(copy, expected) for name, copy in copies.items()}
            if not any(wrong.values()) or time.monotonic() > deadline:
                return wrong
            time.sleep(1)

    def _projection(self, subscriber: Subscriber, list_id: str) -> Mapping[str, Any]:
        """Return the data of the newest event of each aggregate, without deleted aggregates."""
        newest: dict[str, tuple[str, dict[str, Any]]] = {}
        for event in subscriber.of_list(list_id):
            if event["type"] in self._context.changes:
                order = order_key(event["id"], event["sequence"], None)
                newest[event["subject"]] = max(
                    newest.get(event["subject"], ("", {})), (order, event), key=itemgetter(0)
                )
        deletion = self._context.deletion_event
        return {subject: event["data"] for subject, (_, event) in newest.items() if event["type"] != deletion}


def _different(first: Mapping[str, Any], second: Mapping[str, Any]) -> int:
    """Return the number of keys whose values differ."""
    return sum(first.get(key) != second.get(key) for key in first.keys() | second.keys())

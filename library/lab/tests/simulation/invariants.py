"""The invariants: some are checked at each write, the others when the schedule has come to rest."""

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from io import StringIO
from typing import Any, Final

from .history import AGGREGATE, LIST, History, Item, Sent, Stored, Violation, Write

CLOSED: Final = frozenset(("IMPORTED", "REJECTED", "FAILED"))
_MOVES: Final = {
    None: {"REGISTERED"},
    "REGISTERED": {"REGISTERED", "VALIDATED", "COMPENSATING"},
    "VALIDATED": {"VALIDATED", "IMPORTING", "COMPENSATING"},
    "IMPORTING": {"IMPORTING", "IMPORTED", "COMPENSATING"},
    "COMPENSATING": {"COMPENSATING", "REJECTED", "FAILED"},
    "IMPORTED": {"IMPORTED"},
    "REJECTED": {"REJECTED"},
    "FAILED": {"FAILED"},
}
_FACTS: Final = ("status", "rows", "valid", "rejected", "reason", "parts")
"""Members of a closed list's record that stay."""
DETAILS: Final = ("payment_id", "subscription_id", "amount", "currency", "due_date", "payer", "list_id")


def _differs(name: str, first: Any, other: Any, what: str) -> None:
    if first != other:
        raise Violation(name, f"{what}: {first} and {other}")


class AtWrites:
    """The invariants of a single write, given all before it."""

    def __init__(self, history: History) -> None:
        self._history = history

    def __call__(self, write: Write) -> None:
        """Check a write. Raises Violation."""
        if write.key.startswith(LIST):
            self._list(write)
        elif write.key.startswith(AGGREGATE):
            self._aggregate(write)

    # Lists.

    def _list(self, write: Write) -> None:
        if write.after is None:
            raise Violation("list-removed", write.key)
        before = write.before["status"] if write.before else None
        after = write.after["status"]
        if after not in _MOVES[before]:
            name = "closed-list-reopened" if before in CLOSED else "status-moved-back"
            raise Violation(name, f"{write.key}: from {before} to {after}")
        if before in CLOSED and write.before:
            for fact in _FACTS:
                _differs("closed-list-changed", write.before.get(fact), write.after.get(fact), f"{write.key} {fact}")
        elif after in CLOSED:
            self._closing(write.key.removeprefix(LIST), write.after)

    def _closing(self, list_id: str, record: Item) -> None:
        there = self._history.of_list(list_id)
        if record["status"] != "IMPORTED":
            if there:
                raise Violation("rows-left", f"list {list_id[:6]} is {record['status']} and has {sorted(there)}")
            return
        imported = set(there) | self._removed_by_commands(list_id)
        if len(imported) != record["valid"]:
            raise Violation(
                "rows-lost", f"list {list_id[:6]} is IMPORTED with {record['valid']} rows and has {sorted(imported)}"
            )

    def _removed_by_commands(self, list_id: str) -> set[str]:
        return {
            write.key
            for write in self._history.writes
            if write.key.startswith(AGGREGATE)
            and write.after is None
            and write.command is not None
            and write.before is not None
            and write.before.get("list_id") == list_id
        }

    # Aggregates.

    def _aggregate(self, write: Write) -> None:
        sent = write.command
        if sent is not None:
            self._by_command(write, sent)
        elif write.function == "import_list":
            self._imported(write)
        elif write.function == "compensate_error":
            self._undone(write)
        elif write.by is not None:
            raise Violation("foreign-writer", f"{write.key} by {write.function}")
        if write.before and write.after:
            owners = write.before.get("list_id"), write.after.get("list_id")
            _differs("changed-hands", *owners, write.key)

    def _by_command(self, write: Write, sent: Sent) -> None:
        # A request that was repeated may still take effect itself: no client can prevent that.
        if len(sent.writes) > 1 and not write.late and all(_answered(earlier.by) for earlier in sent.writes[:-1]):
            raise Violation("repeated", f"{sent.order.function} {sent.order.key} wrote {write.key} twice")
        if write.before and write.after:
            for name in DETAILS:
                _differs("wrong-incarnation", write.before.get(name), write.after.get(name), f"{write.key} {name}")

    def _imported(self, write: Write) -> None:
        if write.before is not None or write.after is None:
            raise Violation("import-replaced", write.key)
        list_id = write.after.get("list_id", "")
        record = self._history.item(LIST + list_id)
        if record is None or record["status"] in CLOSED:
            raise Violation("late-write", f"{write.key} of closed list {list_id[:6]}")
        earlier = [
            previous
            for previous in self._history.by_key[write.key][:-1]
            if previous.after is None and previous.command is not None
        ]
        if any(previous.before and previous.before.get("list_id") == list_id for previous in earlier):
            raise Violation("resurrected", f"{write.key}: a command removed it, the import creates it again")

    def _undone(self, write: Write) -> None:
        if write.before is None or write.after is not None:
            raise Violation("undo-wrote", write.key)
        record = self._history.item(LIST + write.before.get("list_id", ""))
        if record is None:
            raise Violation("undo-of-others", f"{write.key} is no list's")
        if record["status"] in CLOSED:
            raise Violation("undo-of-closed", f"{write.key} of a list that is {record['status']}")
        if self._history.by_key[write.key][-2].command is not None:
            raise Violation("undo-of-command", f"{write.key} was changed by a command")


def _answered(by: Any) -> bool:
    """Tell whether an invocation returned its answer; Lambda did not end it and it raised nothing."""
    return by is not None and not by.dead and by.error is None


class AtRest:
    """The invariants of the whole, once nothing runs any more.

    Args:
        history: all writes and commands.
        world: what else is there: published messages, reports, executions, the sweep's answer.
    """

    def __init__(self, history: History, world: Any) -> None:
        self._history = history
        self._world = world
        self._lists = history.lists()

    def checks(self) -> Iterator[Callable[[], None]]:
        """Yield every check. Each raises Violation."""
        yield self._executions
        for list_id, record in self._lists.items():
            yield partial(self._list, list_id, record)
        yield from (self._outcomes, self._uploads)
        for sent in self._history.sent:
            yield partial(self._command, sent)
        yield from (self._events, self._reports, self._projection)

    def _executions(self) -> None:
        for execution in self._world.machine.executions:
            if execution.status == "RUNNING":
                raise Violation("execution-endless", execution.id)
            if execution.status == "FAILED" and execution.error != "ListFailed":
                raise Violation("execution-failed", f"{execution.id}: {execution.error} {execution.cause}")

    # Lists.

    def _list(self, list_id: str, record: Item) -> None:
        if record["status"] not in CLOSED:
            raise Violation("list-open", f"{list_id[:6]} is {record['status']}")
        there = self._history.of_list(list_id)
        if record["status"] != "IMPORTED" and there:
            raise Violation("rows-left", f"list {list_id[:6]} is {record['status']} and has {sorted(there)}")
        if record["status"] == "FAILED" and not self._world.technical:
            raise Violation("failed-without-fault", f"{list_id[:6]}: {record.get('reason', '')}")
        stored = self._history.stored.get(list_id)
        if stored is not None:
            self._expected(stored, record)

    def _expected(self, stored: Stored, record: Item) -> None:
        """A list is imported if its bad rows are within the tolerance. Shared identities may also reject it."""
        rows = stored.upload.rows
        others = [other for other in self._history.stored.values() if other is not stored]
        touched = {row.identity for other in others for row in other.upload.rows}
        touched |= {sent.order.identity for sent in self._history.sent} | set(self._world.scenario.existing)
        if len(self._world.scenario.settings) > 1 or self._world.scenario.foreign or self._uncertain(stored, others):
            return
        shared = touched & {row.identity for row in rows}
        bad = _bad(stored)
        share = float(self._world.scenario.settings[0][1])
        good = bad <= share * len(rows) and bad < len(rows) and stored.upload.form != "failed"
        expected = ({"IMPORTED"} if good else {"REJECTED"}) | ({"REJECTED"} if shared else set())
        if self._world.technical:
            expected.add("FAILED")
        if record["status"] not in expected:
            raise Violation("wrong-outcome", f"{record['status']} instead of {sorted(expected)}")
        if record["status"] == "IMPORTED" and not shared and (record["rows"], record["rejected"]) != (len(rows), bad):
            raise Violation(
                "wrong-counts", f"{record['rows']} rows, {record['rejected']} rejected, not {len(rows)}, {bad}"
            )

    def _uncertain(self, stored: Stored, others: list[Stored]) -> bool:
        """Return whether the remains of a broken upload may be imported.

        Their content is another upload's whole content, or the event of the broken upload was recorded too late.
        """
        whole = {other.etag for other in others if not self._broken(other)}
        return self._broken(stored) and (stored.etag in whole or not self._world.undisturbed)

    def _outcomes(self) -> None:
        events_by_subject: dict[str, list[dict[str, Any]]] = {}
        for event in self._world.list_events():
            events_by_subject.setdefault(event["subject"], []).append(event)
        for list_id, record in self._lists.items():
            events = events_by_subject.pop(list_id, [])
            kinds = {(event["id"], event["type"]) for event in events}
            if len(kinds) != 1:
                raise Violation("outcome-not-once", f"list {list_id[:6]} is {record['status']}: {sorted(kinds)}")
            for event in events:
                self._outcome(record, event)
        if events_by_subject:
            raise Violation("outcome-of-none", str(sorted(events_by_subject)))

    def _outcome(self, record: Item, event: dict[str, Any]) -> None:
        data, status = event["data"], record["status"]
        if event["type"].endswith("Imported"):
            _differs("outcome-differs", "IMPORTED", status, "status")
            for name, fact in (("rows", "rows"), ("imported", "valid"), ("rejected", "rejected")):
                _differs("outcome-differs", data[name], record[fact], name)
        else:
            _differs("outcome-differs", data["outcome"], status, "status")
            if "reason" in record:
                _differs("outcome-differs", data["reason"], record["reason"], "reason")

    def _uploads(self) -> None:
        unseen = {(upload["key"], upload["version"]) for upload in self._world.unseen}
        known = {record.get("version_id") for record in self._lists.values()}
        for stored in self._world.versions:
            if stored.version in known or (stored.key, stored.version) in unseen:
                continue
            if f"broken-{stored.etag}" in known or self._broken(stored):
                continue
            raise Violation("upload-unseen", f"{stored.key} {stored.version}")

    def _broken(self, stored: Stored) -> bool:
        return stored.upload.form == "failed"

    # Reports.

    def _reports(self) -> None:
        by_key: dict[str, list[tuple[str, Item]]] = {}
        for list_id, record in self._lists.items():
            by_key.setdefault(record["key"], []).append((list_id, record))
        for key, lists in sorted(by_key.items()):
            report = self._world.report(key)
            problems = [self._report(list_id, record, report) for list_id, record in lists]
            if all(problems):
                raise Violation("report-differs", "; ".join(problems))

    def _report(self, list_id: str, record: Item, report: str | None) -> str:
        """Return how a report differs from a list; empty if it does not."""
        status = record["status"]
        if report is None:
            return f"{list_id[:6]} is {status} and has no report"
        lines = list(csv.DictReader(StringIO(report)))
        whole = [line["reason"] for line in lines if not line["line"]]
        if status != "IMPORTED":
            return "" if whole else f"{list_id[:6]} is {status} and its report gives no reason"
        if whole:
            return f"{list_id[:6]} is IMPORTED and its report says: {whole[0]}"
        return self._lines(list_id, record, {int(line["line"]) for line in lines})

    def _lines(self, list_id: str, record: Item, rejected: set[int]) -> str:
        stored = self._history.stored.get(list_id)
        if stored is None or len(rejected) != record["rejected"]:
            return f"{list_id[:6]} has {record['rejected']} rejected rows and {len(rejected)} in its report"
        created = {
            write.key.removeprefix(AGGREGATE)
            for write in self._history.writes
            if write.key.startswith(AGGREGATE)
            and write.after
            and write.function == "import_list"
            and write.after.get("list_id") == list_id
        }
        lines = {number for number, row in enumerate(stored.upload.rows, 2)}
        identities = {stored.upload.rows[number - 2].identity for number in lines - rejected}
        return (
            ""
            if identities == created
            else f"{list_id[:6]} has {sorted(created)} and reports {sorted(identities)} as imported"
        )

    # Commands.

    def _command(self, sent: Sent) -> None:
        order = sent.order
        if sent.done and not sent.writes:
            raise Violation("answered-without-effect", f"{order.function} {order.key}")
        for by, answer in sent.answers:
            # A request may take effect after its sender has been refused for another item: no client can prevent that.
            own = [write for write in sent.writes if write.by is by and not write.late]
            if not answer["ok"]:
                self._refused(sent, by, answer, own)
            elif order.function == "delete_payment":
                self._deleted(sent, answer["payment"])

    def _refused(self, sent: Sent, by: Any, answer: Any, own: list[Write]) -> None:
        code = answer["error"]["code"]
        key = AGGREGATE + sent.order.identity
        if own and self._history.until(key, by.ended)[-1] is own[-1]:
            raise Violation("refused-own-effect", f"{sent.order.function} {sent.order.key}: {code}")
        states = self._history.states(key, by.started, by.ended)
        if code == "already-exists" and all(state is None for state in states):
            raise Violation("refused-without-cause", f"{sent.order.key}: {code}")
        if code == "not-found" and all(state is not None for state in states):
            raise Violation("refused-without-cause", f"{sent.order.key}: {code}")

    def _deleted(self, sent: Sent, actual: Item) -> None:
        removed = [write.before for write in sent.writes if write.after is None and write.before]
        if not any(all(_same(actual, state, name) for name in (*DETAILS, "version")) for state in removed):
            raise Violation("wrong-incarnation", f"{sent.order.key} removed another payment than it answered")

    # Events.

    def _events(self) -> None:
        published = self._world.aggregate_events()
        first = {}
        for place, event in enumerate(published):
            first.setdefault(event["id"], place)
        ids = Counter[str]()
        for key, writes in sorted(self._history.by_key.items()):
            if not key.startswith(AGGREGATE):
                continue
            places = [self._place(write, first) for write in writes if write.sequence not in self._world.given_up]
            if places != sorted(places):
                raise Violation("order", f"{key}: its events were published as {places}")
            ids.update(write.event_id for write in writes)
        if [event_id for event_id, number in ids.items() if number > 1]:
            raise Violation("event-id", "two changes have one event id")
        if unknown := set(first) - set(ids):
            raise Violation("event-of-none", str(sorted(unknown)))

    def _place(self, write: Write, first: dict[str, int]) -> int:
        if write.event_id not in first:
            raise Violation("event-lost", f"{write.key} {write.event_id}")
        return first[write.event_id]

    # Events of other contexts.

    def _projection(self) -> None:
        for subject, known in self._world.expected_projection().items():
            item = self._history.item(f"SUBSCRIPTION#{subject}")
            if (item is not None and item["status"] == "KNOWN") is not known:
                raise Violation("projection", f"{subject} is {item}")


def _bad(stored: Stored) -> int:
    """Return how many rows of a file are rejected if nothing else has their identities."""
    seen, bad = set[str](), 0
    for row in stored.upload.rows:
        bad += bool(row.fault) or row.identity in seen
        if row.fault != "value":
            seen.add(row.identity)
    return bad


def _same(actual: Item, item: Item, name: str) -> bool:
    return actual.get(name) == (int(item[name]) if name == "version" else item.get(name))


def loads(text: str) -> dict[str, Any]:
    """Return a message's event."""
    return json.loads(text)

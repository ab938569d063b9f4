"""Faults that are planted into the code under test, to see that the simulator finds each of them.

Each is a bug that the code had, or might get. A planted fault patches a function while the real handlers run.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, Final
from unittest.mock import patch

from botocore.exceptions import ClientError

from bounded_context.adapters import conditional, dynamodb, dynamodb_bulk, dynamodb_lists
from bounded_context.adapters.conditional import condition_failed
from bounded_context.adapters.dynamodb_bulk import Inserts
from bounded_context.application import importing, ranges, results, validation, verification
from bounded_context.application.calls import GuardedAggregates
from bounded_context.application.list_import import Outcome, Step, Workflow
from bounded_context.application.results import PartResult
from bounded_context.application.staging import VERIFIED, Staging
from bounded_context.domain.lists import BEFORE, ListStatus, ReceivedList
from bounded_context.handlers import relay_events, sweep_uploads
from bounded_context.handlers.commands import CommandHandler, _Locked
from bounded_context_operations.repair import closing
from bounded_context_operations.repair.closing import Closing

from . import world

Plant = Callable[[], AbstractContextManager[Any]]


def _function(target: Any, name: str, put: Any) -> Plant:
    return lambda: patch.object(target, name, put)


# The import.


def _count_what_vanished(original: Callable[..., Any]) -> Callable[..., Any]:
    """Regard a row as imported whose key was taken when it was inserted, and is free now."""

    def absent(self: Any, list_id: str, refused: Any) -> list[Any]:
        original(self, list_id, refused)
        return []

    return absent


def _report_part_first(original: Callable[..., Any]) -> Callable[..., Any]:
    """Record a part as imported before its rows are written."""

    def write(self: Any, staged: Any) -> Any:
        self.lists.part_imported(self.list_id, self.part.part, self.writer)
        return original(self, staged)

    return write


def _some_of_the_rows(original: Callable[..., Any]) -> Callable[..., Any]:
    """Lose the last row of each request."""

    def insert(self: Any, items: Sequence[Any]) -> list[int]:
        return original(self, items[:-1] if len(items) > 1 else items)

    return insert


def _ignore_unprocessed(original: Callable[..., Any]) -> Callable[..., Any]:
    """Do without the keys that DynamoDB had no time for."""
    return lambda client, table, keys, consistent: original(client, table, keys[:1], consistent=consistent)


# The way back.


def _undo_once_again(self: Any, list_id: str, identities: Sequence[str]) -> None:
    """Repeat a cancelled transaction once only."""
    for start in range(0, len(identities), dynamodb_bulk._AT_ONCE):
        chunk = identities[start : start + dynamodb_bulk._AT_ONCE]
        others = set(self._write([self._delete(list_id, identity) for identity in chunk]))
        own = [identity for index, identity in enumerate(chunk) if index not in others]
        if others and own:
            self._write([self._delete(list_id, identity) for identity in own])


def _undo_never(_self: Any, _list_id: str, _identities: Sequence[str]) -> None:
    """Undo nothing."""


def _delete_anything(self: Any, _list_id: str, identity: str) -> dict[str, Any]:
    """Delete rows of other lists too."""
    return {"type": "delete", "table": self._table, "key": self._items.key(identity)}


def _undo_imported(list_id: str, lists: Any) -> ReceivedList:
    """Undo a list that is imported, if the answer to its last write was lost."""
    received = lists.get(list_id)
    if received.cancelled or received.status in (ListStatus.REJECTED, ListStatus.FAILED):
        return received
    everywhere = tuple(status for status in ListStatus if status not in (ListStatus.REJECTED, ListStatus.FAILED))
    return lists.refuse(list_id, received.reason or "a technical failure", everywhere)


# The record.


@contextmanager
def _statuses(status: ListStatus) -> Iterator[None]:
    """Let a list move to a status from any other."""
    allowed = {**BEFORE, status: tuple(ListStatus)}
    with patch.object(dynamodb_lists, "BEFORE", allowed):
        yield


def _moved_without_condition(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, list_id, status, _statuses, facts: original(self, list_id, status, tuple(ListStatus), facts)


# Steps.


def _report_only_rejections(received: ReceivedList, flow: Workflow) -> Any:
    """Write the report only if the verification found something: an earlier try may have written another one."""
    if received.cancelled:
        return Step(received.list_id, Outcome.REJECTED)
    verified = Staging(flow.files, received.list_id, received.verified)
    verified.publish(VERIFIED)
    if verified.rejections():
        results.write_report(flow.files, flow.lists, received, results.document(verified.rejections()))
    return Step(received.list_id, Outcome.VERIFIED)


def _count_good_rows_alone(self: Any, result: PartResult) -> None:
    """Decide without the rejected rows of a part."""
    if result.part:
        self.staging.keep_part(result.part)


def _known_behind(self: Any, identities: Any) -> set[str]:
    """Take a reference for unknown by a read that may be behind."""
    return self._known(identities, consistent=False)


def _write_report_late(files: Any, _lists: Any, received: ReceivedList, data: bytes) -> None:
    """Replace the report, whatever became of the list."""
    files.write(received.file.report_key, data)


@contextmanager
def _shared_attempts() -> Iterator[None]:
    """Let all attempts of a step write to one folder."""
    with ExitStack() as patched:
        for module in (validation, verification):
            patched.enter_context(patch.object(module, "attempt", lambda: "shared"))
        yield


# Commands.


def _version_alone(_aggregate: Any, version: int) -> tuple[str, dict[str, Any]]:
    """Compare the version alone: versions begin at 1 again after a removal."""
    return "version = :version", {":version": version}


def _written_by_answer(_self: Any, _etag: str, write: Callable[..., Any], **request: Any) -> bool:
    """Take a write that is refused by its own effect for a conflict."""
    try:
        write(**request)
    except ClientError as error:
        if not condition_failed(error):
            raise
        return False
    return True


def _without_key(self: Any, command: Any, _key: Any, _payload: Any, _context: Any) -> dict[str, Any]:
    """Run a command as often as it is sent."""
    return self._effect(command)


# The relay.


def _any_batches(changes: Any) -> Iterator[list[Any]]:
    """Put two changes of one aggregate into one request."""
    records = list(changes)
    return (records[start : start + 10] for start in range(0, len(records), 10))


def _publish_on(changes: Any) -> str | None:
    """Go on with the next request after SNS refused an event."""
    failed = [answer for answer in map(_RELAY, ([change] for change in changes)) if answer is not None]
    return failed[0] if failed else None


_RELAY: Final = relay_events._first_refused


def _ignore_refusals(changes: Any) -> None:
    """Do without the events that SNS refused."""
    _RELAY(changes)


def _fresh_ids(original: Callable[..., Any]) -> Callable[..., Any]:
    """Give an event another id each time."""
    return lambda record: original(record) | {"id": secrets.token_hex(8)}


# Others.


def _apply_anything(self: Any, event: Any) -> bool:
    """Keep what the event says that came last."""
    self._table.put_item(Item=self._item(event))
    return True


def _asl(old: str, new: str) -> Plant:
    """Change the text of the state machine."""

    @contextmanager
    def planted() -> Iterator[None]:
        original = world._definition

        def changed(concurrency: int) -> str:
            text = original(concurrency)
            if old not in text:
                raise LookupError(old)
            return text.replace(old, new)

        with patch.object(world, "_definition", changed):
            yield

    return planted


_bulk: Final = dynamodb_bulk.ImportedAggregateTable
_lists: Final = dynamodb_lists.ListTable

PLANTS: Final[Mapping[str, Plant]] = {
    "a row whose blocker vanished counts as imported": _function(_bulk, "_absent", _count_what_vanished(_bulk._absent)),
    "an undo's transaction is repeated once": _function(_bulk, "undo_rows", _undo_once_again),
    "commands change rows of open lists": _function(GuardedAggregates, "_require_closed_list", lambda *_: None),
    "nobody waits for an earlier writer": lambda: _no_waiting(),
    "a status is written without a condition": _function(_lists, "_move", _moved_without_condition(_lists._move)),
    "an imported list is undone": lambda: _undone_imported(),
    "an execution whose list is taken is not recorded": _function(
        _lists, "conclude", lambda self, _execution, list_id: self.get(list_id)
    ),
    "repetitions across ranges are ignored": _function(ranges, "repetitions", lambda _: ()),
    "a list is validated in any status": lambda: _statuses(ListStatus.VALIDATED),
    "a list is verified in any status": lambda: _statuses(ListStatus.IMPORTING),
    "a report without rejections is not written": _function(verification, "_answer", _report_only_rejections),
    "rejected rows of a part are not counted": _function(verification._Decision, "take", _count_good_rows_alone),
    "a read that is behind does not know a reference": _function(dynamodb_bulk.ReferenceTable, "known", _known_behind),
    "a late step replaces the report": lambda: _late_reports(),
    "a command compares versions alone": _function(dynamodb, "_unchanged", _version_alone),
    "a lost answer is taken for a conflict": _function(dynamodb.AggregateTable, "_write", _written_by_answer),
    "keys of idempotency count for nothing": _function(CommandHandler, "_once", _without_key),
    "a key is locked for its function's time alone": _function(
        _Locked, "get_remaining_time_in_millis", lambda self: self.call.get_remaining_time_in_millis()
    ),
    "a function's time is not looked at": _function(conditional, "seconds_to_spare", lambda: float("inf")),
    "attempts of a step share a folder": _shared_attempts,
    "a part is recorded before its rows": lambda: _part_first(),
    "the last row of a request is lost": lambda: _lost_rows(),
    "keys that were not processed are left out": lambda: _unprocessed(),
    "a part that is not imported is not undone": lambda: patch.object(
        ReceivedList, "begun_parts", property(lambda self: self.imported_parts)
    ),
    "the command closes a list without a look at its rows": _function(Closing, "_undo_all", lambda *_: None),
    "nothing is undone": _function(_bulk, "undo_rows", _undo_never),
    "rows of others are undone": _function(_bulk, "_delete", _delete_anything),
    "two changes of an aggregate are sent at once": _function(relay_events, "_batches", _any_batches),
    "the relay goes on after a refusal": _function(relay_events, "_first_refused", _publish_on),
    "refused events are left out": _function(relay_events, "_first_refused", _ignore_refusals),
    "an event has another id each time": _function(relay_events, "to_event", _fresh_ids(relay_events.to_event)),
    "late events of others count": _function(conditional.ProjectionTable, "apply", _apply_anything),
    "the sweep sees nothing": _function(sweep_uploads, "unseen", lambda *_: iter(())),
    "parts are not counted at the end": _asl(" AND size(imported_parts) = parts", ""),
    "a failed import is marked as imported": _asl('"Next": "UndoList"', '"Next": "MarkImported"'),
}
"""The planted faults by their names."""


def _no_waiting() -> AbstractContextManager[Any]:
    return _both(importing, closing, name="await_end", put=lambda _until: None)


def _undone_imported() -> AbstractContextManager[Any]:
    return patch.object(importing, "begin_undoing", _undo_imported)


def _late_reports() -> AbstractContextManager[Any]:
    return _both(importing, verification, name="write_report", put=_write_report_late)


def _part_first() -> AbstractContextManager[Any]:
    return patch.object(importing._Writing, "write", _report_part_first(importing._Writing.write))


def _lost_rows() -> AbstractContextManager[Any]:
    return patch.object(Inserts, "insert", _some_of_the_rows(Inserts.insert))


def _unprocessed() -> AbstractContextManager[Any]:
    return patch.object(dynamodb_bulk, "_read", _ignore_unprocessed(dynamodb_bulk._read))


@contextmanager
def _both(*modules: Any, name: str, put: Any) -> Iterator[None]:
    with ExitStack() as patched:
        for module in modules:
            patched.enter_context(patch.object(module, name, put))
        yield

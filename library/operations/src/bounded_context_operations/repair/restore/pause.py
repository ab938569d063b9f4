"""The pause of a stack, its progress as an item of the live table, and conditional writes of restored items."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Self

from botocore.exceptions import ClientError
from pydantic import Field

from bounded_context.adapters.conditional import condition_failed, despite_conflicts
from bounded_context.adapters.dynamodb import ABSENT
from bounded_context.adapters.items import ETAG, KEY, TRACEPARENT, Items
from bounded_context.domain.fields import now
from bounded_context.domain.lists import ReceivedList
from bounded_context_cli.command.aws_errors import AWS_ERRORS, Refusal
from bounded_context_cli.command.console import ALIVE, RECORD, Repair
from bounded_context_cli.command.operation import Clock

from ..notation import Item, as_stored
from .differences import Difference
from .tables import ChildCopies, RestoreTarget

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_stepfunctions import SFNClient


BEAT: Final = ALIVE / 6
"""The interval of an owner's signs. The attempts of a throttled call end before the owner does not count as alive."""


class Lost(Exception):
    """Another call has taken over the restore, or has ended it."""


class Progress(Repair):
    """A restore that has paused a stack.

    `mappings` are the event source mappings that the restore disables. `functions` maps each function that it stops to
    its reserved concurrency, or to None. `written` is whether all differences are written. `counts`, `events` and
    `items` are those of the report, with the differences of which `pending` has the keys: these were about to be
    written.
    """

    mappings: tuple[str, ...]
    functions: dict[str, int | None]
    written: bool = False
    events: dict[str, int] = Field(default_factory=dict)
    items: int = 0
    pending: frozenset[str] = frozenset()

    def require_silent(self, now: datetime) -> None:
        """Raise Refusal if the owner is alive."""
        if self.alive(now):
            raise Refusal(f"Another call restores this stack ({self.sign(now)}).")

    def owned(self, owner: str, now: datetime) -> Self:
        """Return the progress with a sign of its owner."""
        return self.model_copy(update={"owner": owner, "seen": now})


@dataclass(frozen=True)
class ProgressItem:
    """The item that stores the progress. It exists while the stack is paused."""

    client: "DynamoDBClient"
    table: str

    def read(self) -> Progress | None:
        """Return the stored progress, or None."""
        item = self.client.get_item(TableName=self.table, Key=RECORD, ConsistentRead=True).get("Item")
        return Progress.model_validate_json(item["progress"].get("S", "")) if item else None

    def begin(self, progress: Progress) -> None:
        """Store the progress of a restore that begins. Raises Refusal if another restore has begun."""
        try:
            self.client.put_item(TableName=self.table, Item=self._item(progress), ConditionExpression=ABSENT)
        except ClientError as error:
            if condition_failed(error):
                raise Refusal("Another restore has just begun: wait for its end.") from error
            raise

    def take(self, progress: Progress, before: Progress) -> None:
        """Store the progress of a new owner. Raises Refusal if another call has taken over meanwhile."""
        try:
            self._put(progress, before.owner)
        except Lost as error:
            raise Refusal("Another call has just continued this restore: wait for its end.") from error

    def store(self, progress: Progress) -> None:
        """Replace the stored progress. Raises Lost if it has another owner."""
        self._put(progress, progress.owner)

    def delete(self, owner: str) -> None:
        """Delete the item. Raises Lost if it has another owner."""
        with _lost():
            self.client.delete_item(TableName=self.table, Key=RECORD, **_owned_by(owner))

    def _put(self, progress: Progress, owner: str) -> None:
        with _lost():
            self.client.put_item(TableName=self.table, Item=self._item(progress), **_owned_by(owner))

    def _item(self, progress: Progress) -> Any:
        owner = {"owner": {"S": progress.owner}} if progress.owner else {}
        return {**RECORD, **owner, "progress": {"S": progress.model_dump_json()}}


class Lease:
    """The ownership of a stack's restore by this call, which renews it by signs."""

    def __init__(self, item: ProgressItem, clock: Clock) -> None:
        self._item, self._clock = item, clock
        self._owner = secrets.token_hex(8)
        self._progress: Progress | None = None

    def read(self) -> Progress | None:
        """Return the stored progress, or None."""
        return self._item.read()

    def begin(self, progress: Progress) -> None:
        """Store the progress of a restore that begins. Raises Refusal if another restore has begun."""
        self._progress = progress.owned(self._owner, self._clock.now())
        self._item.begin(self._progress)

    def take(self, before: Progress) -> None:
        """Take over a restore. Raises Refusal if its owner is alive."""
        before.require_silent(self._clock.now())
        self._progress = before.owned(self._owner, self._clock.now())
        self._item.take(self._progress, before)

    def beat(self) -> None:
        """Store a sign if the last one is some seconds old. Raises Lost if another call is the owner."""
        if self._progress and self._progress.seen and self._clock.now() - self._progress.seen >= BEAT:
            self.store(self._progress)

    def store(self, progress: Progress) -> None:
        """Replace the stored progress. Raises Lost if another call is the owner."""
        self._progress = progress.owned(self._owner, self._clock.now())
        self._item.store(self._progress)

    def count(self, counts: Mapping[str, int], events: Mapping[str, int], items: int, pending: Iterable[str]) -> None:
        """Store the counts of differences before `pending` is written. Raises Lost if another call is the owner."""
        if self._progress:
            keys = frozenset(pending)
            update = {"counts": dict(counts), "events": dict(events), "items": items + len(keys), "pending": keys}
            self.store(self._progress.model_copy(update=update))

    def done(self) -> None:
        """Store that all differences are written. Raises Lost if another call is the owner."""
        if self._progress:
            self.store(self._progress.model_copy(update={"written": True}))

    def release(self) -> None:
        """Leave the progress to the next call, if this call is the owner."""
        if self._progress:
            with suppress(Lost, *AWS_ERRORS):
                self._item.store(self._progress.model_copy(update={"seen": None}))

    def end(self) -> None:
        """Delete the progress. Raises Lost if another call is the owner."""
        self._item.delete(self._owner)


def _owned_by(owner: str) -> dict[str, Any]:
    """Return the condition of a write. An item of an earlier version of this command has no owner."""
    names = {"ExpressionAttributeNames": {"#owner": "owner"}}
    if not owner:
        return {"ConditionExpression": "attribute_not_exists(#owner)", **names}
    return {"ConditionExpression": "#owner = :owner", "ExpressionAttributeValues": {":owner": {"S": owner}}, **names}


@contextmanager
def _lost() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if condition_failed(error):
            raise Lost("another call has taken over this restore, or has ended it") from error
        raise


_POLL_SECONDS: Final = 2
_MOST_POLLS: Final = 150
"""Polls of a mapping: 5 minutes."""

_WRITES_PER_SECOND: Final = 1000
"""Restored items in a second, with the latencies that `benchmarks/restore.py` assumes."""


@dataclass(frozen=True)
class Pause:
    """The pause of a stack.

    A function without concurrency throttles all calls. Step Functions and S3's events retry throttled calls for most of
    an hour. Callers of commands get an error. A disabled mapping reads on from its position.
    """

    client: "LambdaClient"
    machines: "SFNClient"
    target: RestoreTarget
    clock: Clock
    beat: Callable[[], None]
    """Called at least every some seconds during a wait."""

    def require_idle(self, waiting: Callable[[], Iterable[ReceivedList]]) -> None:
        """Raise Refusal while lists are imported: the retriers of throttled steps end after 50 attempts.

        ``waiting`` returns the lists that wait for an approval, whose executions end with a person's decision.
        """
        if not self.target.machine:
            return
        running = self.machines.list_executions(stateMachineArn=self.target.machine, statusFilter="RUNNING")
        names = [execution["name"] for execution in running["executions"]]
        if names and (ids := [received.list_id for received in waiting()]):
            stack = self.target.name
            raise Refusal(
                f"{len(ids)} lists wait for an approval ({', '.join(ids)}): let a person with the permissions of "
                f"`context permissions approve` decide about each first, with `uv run context list approve {stack} ID` "
                f"or `uv run context list reject {stack} ID --reason TEXT`. "
                f"`uv run context list waiting {stack}` prints their counts and sums."
            )
        if names:
            raise Refusal(
                f"{len(names)} executions of {self.target.machine} run ({names[0]}, ...): run the command again after"
                " their end. `context list close` ends an import that hangs."
            )

    def seconds(self, items: int) -> int:
        """Return about the seconds of a pause in which a number of items is written."""
        longest = self._longest_call(self.target.commands)
        return max(longest, items // _WRITES_PER_SECOND) + -(-items // _WRITES_PER_SECOND)

    def survey(self, at: datetime, stream_arn: str, selection: str) -> Progress:
        """Return the state that `resume` restores. Raises Refusal if no reader of the stream is enabled."""
        pages = self.client.get_paginator("list_event_source_mappings").paginate(EventSourceArn=stream_arn)
        mappings = [mapping for page in pages for mapping in page["EventSourceMappings"]]
        enabled = tuple(mapping.get("UUID", "") for mapping in mappings if mapping.get("State") == "Enabled")
        if not enabled or len(enabled) < len(mappings):
            states = ", ".join(f"{mapping.get('FunctionArn')}: {mapping.get('State')}" for mapping in mappings)
            raise Refusal(
                f"Not every reader of the table's stream is enabled ({states or 'there is none'}): enable it."
            )
        functions = (*self.target.commands, *self.target.deadlines, *self.target.steps)
        reserved = {name: self._reserved(name) for name in functions}
        return Progress(at=at, mappings=enabled, functions=reserved, selection=selection)

    def stop_deadlines(self, tell: Callable[[str], None], meanwhile: Callable[[], None]) -> None:
        """Stop the function of deadlines, and wait for the end of its last call, while the stack runs.

        Its calls last up to 15 minutes, and nobody waits for them. `meanwhile` is called every two seconds.
        """
        begun = self.clock.now()
        for name in self.target.deadlines:
            tell(f"Waiting for the last call of {name}, for {self._longest_call([name])} s. The stack runs.")
            self.client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        self._wait(begun, self.target.deadlines, meanwhile)

    def stop(self, progress: Progress) -> None:
        """Pause the stack. May be repeated.

        Raises:
            Refusal: a reader of the stream does not stop.
        """
        for name in progress.functions:
            self.client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        for uuid in progress.mappings:
            self.client.update_event_source_mapping(UUID=uuid, Enabled=False)
        for uuid in progress.mappings:
            self._wait_until_disabled(uuid)

    def wait_for_calls(self, paused: datetime, meanwhile: Callable[[], None]) -> None:
        """Wait until the longest timeout of a command after the pause. A call that runs meanwhile may still write.

        `meanwhile` is called every two seconds.
        """
        self._wait(paused, self.target.commands, meanwhile)

    def _wait(self, begun: datetime, functions: Iterable[str], meanwhile: Callable[[], None]) -> None:
        end = begun + timedelta(seconds=self._longest_call(functions))
        while self.clock.now() < end:
            self.clock.sleep(_POLL_SECONDS)
            self.beat()
            meanwhile()

    def resume(self, progress: Progress) -> None:
        """Restore the state before the pause, where it differs. May be repeated."""
        for name, reserved in progress.functions.items():
            if self._reserved(name) == reserved:
                continue
            if reserved is None:
                self.client.delete_function_concurrency(FunctionName=name)
            else:
                self.client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=reserved)
        for uuid in progress.mappings:
            if self._state(uuid) not in ("Enabled", "Enabling"):
                self.client.update_event_source_mapping(UUID=uuid, Enabled=True)

    def is_on(self, progress: Progress) -> bool:
        """Return whether a function or a reader of the stack is still stopped."""
        readers = (self._state(uuid) not in ("Enabled", "Enabling") for uuid in progress.mappings)
        return any(self._reserved(name) != reserved for name, reserved in progress.functions.items()) or any(readers)

    def _longest_call(self, functions: Iterable[str]) -> int:
        configurations = (self.client.get_function_configuration(FunctionName=name) for name in functions)
        return max((configuration.get("Timeout", 0) for configuration in configurations), default=0)

    def _reserved(self, name: str) -> int | None:
        return self.client.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")

    def _state(self, uuid: str) -> str:
        return self.client.get_event_source_mapping(UUID=uuid).get("State", "")

    def _wait_until_disabled(self, uuid: str) -> None:
        for _ in range(_MOST_POLLS):
            if self._state(uuid) == "Disabled":
                return
            self.clock.sleep(_POLL_SECONDS)
            self.beat()
        raise Refusal(f"The event source mapping {uuid} does not stop: see its state in Lambda's console.")


_STATE: Final = ("version", ETAG, "status")
"""The attributes by which a write detects a later write of a command or of a list's step."""


@dataclass(frozen=True)
class Writes:
    """The writes of a restore. `traceparent` is the place of their events in a trace."""

    client: "DynamoDBClient"
    table: str
    traceparent: str
    children: ChildCopies

    def write(self, difference: Difference) -> bool:
        """Write a difference; return False if another writer has changed the live item since it was read.

        A changed aggregate gets the next version and another etag, so no version or tag has two contents.
        """
        live, restored = difference.live, difference.restored and self.children.copy(difference.restored)
        condition: dict[str, Any] = {"ConditionExpression": ABSENT} if live is None else _unchanged(live)
        try:
            if restored is None:
                key = {KEY: {"S": difference.key}}
                despite_conflicts(lambda: self.client.delete_item(TableName=self.table, Key=key, **condition))
            else:
                item = as_stored(restored if difference.is_list else self._next(restored, live))
                despite_conflicts(lambda: self.client.put_item(TableName=self.table, Item=item, **condition))
        except ClientError as error:
            self.children.remove(restored)
            if condition_failed(error):
                return False
            raise
        if restored is not None:
            self.children.remove(live)
        return True

    def _next(self, restored: Item, live: Item | None) -> Item:
        name = secrets.token_hex(8)
        times = Items(self.children.context).times(now())
        restored = {**restored, **times, TRACEPARENT: self.traceparent}
        if live is None:
            return {**restored, ETAG: name}
        version = max(int(item.get("version", 0)) for item in (live, restored)) + 1
        return {**restored, "version": version, ETAG: f"{_incarnation(live)}.{name}"}


def _incarnation(item: Item) -> str:
    """Return the name of an item's incarnation, as `Aggregate.incarnation` does."""
    return str(item.get(ETAG) or item.get("list_id") or "").partition(".")[0]


def _unchanged(live: Item) -> dict[str, Any]:
    """Return the condition that an item has the state that was read."""
    names = {f"#{name}": name for name in _STATE}
    stored = as_stored({name: live[name] for name in _STATE if name in live})
    terms = [f"#{name} = :{name}" if name in stored else f"attribute_not_exists(#{name})" for name in _STATE]
    values = {f":{name}": value for name, value in stored.items()}
    condition = {"ConditionExpression": " AND ".join(terms), "ExpressionAttributeNames": names}
    return condition | ({"ExpressionAttributeValues": values} if values else {})

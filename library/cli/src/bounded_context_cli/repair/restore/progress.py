"""The progress of a restore that has paused the stack, as an item of the live table that one call owns."""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Self

from botocore.exceptions import ClientError
from pydantic import Field

from bounded_context.adapters.conditional import condition_failed
from bounded_context.adapters.dynamodb import ABSENT

from ...command.aws_errors import AWS_ERRORS, Refused
from ...command.clock import Clock
from ...command.repair import ALIVE, RECORD, Repair

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

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
        """Raise Refused if the owner is alive."""
        if self.alive(now):
            raise Refused(f"Another call restores this stack ({self.sign(now)}).")

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
        """Store the progress of a restore that begins. Raises Refused if another restore has begun."""
        try:
            self.client.put_item(TableName=self.table, Item=self._item(progress), ConditionExpression=ABSENT)
        except ClientError as error:
            if condition_failed(error):
                raise Refused("Another restore has just begun: wait for its end.") from error
            raise

    def take(self, progress: Progress, before: Progress) -> None:
        """Store the progress of a new owner. Raises Refused if another call has taken over meanwhile."""
        try:
            self._put(progress, before.owner)
        except Lost as error:
            raise Refused("Another call has just continued this restore: wait for its end.") from error

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
        """Store the progress of a restore that begins. Raises Refused if another restore has begun."""
        self._progress = progress.owned(self._owner, self._clock.now())
        self._item.begin(self._progress)

    def take(self, before: Progress) -> None:
        """Take over a restore. Raises Refused if its owner is alive."""
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

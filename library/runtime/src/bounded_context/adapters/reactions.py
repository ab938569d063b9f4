"""The progress of reactions to other contexts' events, and copies of their data, in the table."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from ..application.calls import MARGIN
from ..application.ports import Turn
from ..domain.events import Standing
from .conditional import TOMBSTONE_SECONDS, conditionally, fields_of, key_of
from .items import KEY

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

PREFIX: Final = "EVENT-REACTION#"
"""The prefix of the key of each item with the progress of a reaction. No aggregate has a dash in its prefix, and no
reader of the stream gets such items."""

_FREE: Final = (
    "#order = :order AND attribute_not_exists(done) AND (attribute_not_exists(busy_until) OR busy_until < :now)"
)
_NEWER: Final = "(attribute_not_exists(#order) OR #order < :order)"
_MINE: Final = "#order = :order AND writer = :writer"
_NAMES: Final = {"#order": "order"}  # a reserved word of DynamoDB


class ReactionTable:
    """The progress by subject: the newest event's position, whether it is done, and the call that reacts to it.

    A call has the turn until it gives the turn back, or until its time is over: then no request of it is in transit.
    """

    def __init__(self, table: "Table") -> None:
        self._table = table

    def announce(self, subject: str, order: str) -> None:
        """Store the position of an event, unless a newer event of the subject is stored.

        A call that has the turn for an older event loses its turn.
        """
        expires = int(time.time()) + TOMBSTONE_SECONDS
        change = "SET #order = :order, expires_at = :expires REMOVE done, place"
        self._update(subject, change, _NEWER, {":order": order, ":expires": expires})

    def take(self, subject: str, order: str, writer: str, until: int) -> Turn:
        """Take the turn for an event, until a time in seconds since 1970."""
        turn = self._take(subject, order, writer, until)
        if turn is None:
            self.announce(subject, order)
            turn = self._take(subject, order, writer, until)
        return turn or Turn(granted=False)

    def _take(self, subject: str, order: str, writer: str, until: int) -> Turn | None:
        """Take the turn for an announced event; return None if an older event is stored, or none."""
        values = {":order": order, ":now": int(time.time()) - MARGIN, ":writer": writer, ":until": until}
        change = "SET writer = :writer, busy_until = :until"
        is_free, item = self._update(subject, change, _FREE, values)
        # A refused call may have the turn: the answer to its first request was lost, and it was sent again.
        if is_free or item.get("writer") == writer:
            return Turn(granted=True, after=str(item.get("place", "")))
        stored = item.get("order", "")
        if stored < order:
            return None
        is_over = stored > order or item.get("done")
        return Turn(granted=False) if is_over else Turn(granted=False, busy_until=int(item.get("busy_until", 0)))

    def keep(self, subject: str, order: str, writer: str, after: str) -> bool:
        """Store the identity after which the reaction goes on; return whether the call still has its turn."""
        values = {":order": order, ":writer": writer, ":after": after}
        return self._update(subject, "SET place = :after", _MINE, values)[0]

    def leave(self, subject: str, writer: str) -> None:
        """Give the turn back, if the call still has it."""
        self._update(subject, "REMOVE writer, busy_until", "writer = :writer", {":writer": writer})

    def finish(self, subject: str, order: str, writer: str) -> bool:
        """Store that the reaction is done, and give the turn back; return whether the call still had its turn."""
        values = {":order": order, ":writer": writer, ":done": True}
        change = "SET done = :done REMOVE writer, busy_until, place"
        return self._update(subject, change, _MINE, values)[0]

    def _update(
        self, subject: str, change: str, condition: str, values: dict[str, Any]
    ) -> tuple[bool, Mapping[str, Any]]:
        """Change an item. Return whether it is changed, and the changed item, or the item that refused the change."""
        names: Any = {"ExpressionAttributeNames": _NAMES} if "#order" in change + condition else {}
        return conditionally(
            self._table.update_item,
            Key={KEY: PREFIX + subject},
            UpdateExpression=change,
            ConditionExpression=condition,
            ExpressionAttributeValues=values,
            ReturnValues="ALL_NEW",
            **names,
        )


class CopyTable:
    """The copies of another context's aggregates, with the fields that a reference declares."""

    def __init__(self, aggregate: str, table: "Table") -> None:
        self._aggregate = aggregate
        self._table = table

    def get(self, identity: str) -> dict[str, Any] | None:
        """Return the fields of an aggregate as JSON values, or None if the aggregate is unknown or deleted."""
        key = {KEY: key_of(self._aggregate, identity)}
        item = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        return None if item is None or item.get("status") == Standing.GONE else fields_of(item)

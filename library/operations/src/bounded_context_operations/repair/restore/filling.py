"""The fill of a stack's table from a table that AWS Backup has restored: the context continues in another region.

No item of the stack's own table is changed. Missing items are added, and the relay publishes an event for each
aggregate. The executions and the buckets of the lost stack are gone, so items about them are left out.
"""

import secrets
from collections.abc import Set
from dataclasses import dataclass
from datetime import UTC
from threading import Event
from typing import TYPE_CHECKING, Any, Final, Self

from botocore.exceptions import ClientError

from bounded_context.adapters.conditional import condition_failed, despite_conflicts
from bounded_context.adapters.dynamodb import ABSENT
from bounded_context.adapters.exports import PREFIX as EXPORT_FILE
from bounded_context.adapters.items import BROKEN_UPLOAD, ETAG, FAILURE, LIST, RUN, TRACEPARENT
from bounded_context.adapters.systems import CIRCUIT
from bounded_context.declaration.context import Context
from bounded_context.domain.events import epoch_of
from bounded_context.domain.exports import FileStatus
from bounded_context_cli.command.aws_errors import Refusal
from bounded_context_cli.command.console import RECORD
from bounded_context_cli.command.operation import Clock

from ..notation import Item, as_stored, plain
from .differences import MARK, Comparison, Difference, content
from .pause import Writes
from .tables import Copy, RestoreTarget

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_OF_THE_LOST: Final = (RUN, FAILURE, BROKEN_UPLOAD, CIRCUIT, RECORD["pk"]["S"], MARK)
"""The prefixes of items about the executions, uploads, circuits and repairs of the lost stack."""

_POLL_SECONDS: Final = 10


@dataclass(frozen=True)
class GivenCopy(Copy):
    """A table that AWS Backup has restored, by its name `source`. `at` is the time of its contents."""

    @classmethod
    def of(cls, client: "DynamoDBClient", target: RestoreTarget, source: str, clock: Clock) -> Self:
        """Return the copy with a name.

        Raises:
            Refusal: the name is not that of a second table of the stack, or subscribers would ignore its events.
        """
        if not source.startswith(f"{target.table}-at-"):
            raise Refusal(
                f"{source} is no second table of {target.name}: restore the recovery point to a name that begins with "
                f"{target.table}-at-, which the permissions of this command cover."
            )
        description = cls(client, target, clock.now(), clock, source).describe() or {}
        summary = description.get("RestoreSummary", {})
        epoch = 1 + epoch_of(summary.get("SourceTableArn", ""))
        if epoch_of(f":table/{target.table}/") < epoch:
            raise Refusal(
                f"Subscribers would ignore the events of {target.table} as older than the events of the lost stack: "
                f"write table_epoch: {epoch} into Pulumi.{target.name}.yaml, deploy, and restore to a name of the new "
                "table."
            )
        at = summary.get("RestoreDateTime") or description.get("CreationDateTime") or clock.now()
        return cls(client, target, at.astimezone(UTC).replace(microsecond=0), clock, source)

    @property
    def name(self) -> str:
        """The name of the second table."""
        return self.source

    def restore(self) -> None:
        """Wait until AWS Backup has restored the table. Raises Refusal if there is no such table."""
        while not self.is_complete():
            if self.describe() is None:
                raise Refusal(
                    f"There is no table {self.source} in {self.target.region}: restore the recovery point to this name "
                    "first."
                )
            self.clock.sleep(_POLL_SECONDS)


class Additions(Writes):
    """The writes of a fill: each item as the restored table has it, and each aggregate with another incarnation.

    Tags of the lost stack therefore differ from all tags of the standby, also for the versions of lost writes.
    """

    def write(self, difference: Difference) -> bool:
        """Add an item with its children; return False if the table has the item meanwhile."""
        item: Item = difference.restored or {}
        if difference.key.startswith(self.children.context.key_prefix):
            self.children.copy_as_stored(item)
            item = {**item, ETAG: _of_another_incarnation(item.get(ETAG, "")), TRACEPARENT: self.traceparent}
        put: Any = {"TableName": self.table, "Item": as_stored(item), "ConditionExpression": ABSENT}
        try:
            despite_conflicts(lambda: self.client.put_item(**put))
        except ClientError as error:
            if condition_failed(error):
                return False
            raise
        return True


def _of_another_incarnation(etag: str) -> str:
    """Return an etag with another incarnation, by which the repetitions of the same commands are recognised.

    The first half of each part may be the digest of a command, and stays (`adapters.dynamodb.fresh_name`).
    """
    name, dot, last = etag.partition(".")
    return name[: len(name) // 2] + secrets.token_hex(len(name) // 4 or 8) + dot + last


class Filling(Comparison):
    """The items of the restored table that the stack's table lacks, of every kind.

    - A list that was open is left out with its rows: its execution is lost. `open_lists` has its facts, and `withheld`
      the identities of its rows.
    - An aggregate or a list that both tables have with other contents stays. `stays` has its identity.
    - Children are written with their aggregates.
    - The record of an exported file that no partner has fetched is left out: the file is written again.
    """

    def of_segment(self, segment: int, of: int, stop: Event) -> Set[str]:
        """Return the keys of a segment whose items differ, until `stop` is set."""
        tables, keys = self.tables, set[str]()
        for page in tables.pages(tables.restored, (), segment, of):
            page = {key: item for key, item in page.items() if self.is_selected(key)}
            live = tables.items(tables.live, list(page)) if page else {}
            keys.update(key for key, item in page.items() if self.difference(key, live.get(key), item))
            if stop.is_set():
                break
        return keys

    def is_selected(self, key: str) -> bool:
        """Return whether the item with this key may be written."""
        return not (is_of_the_lost(key, {}) or is_child(self.context, key))

    def difference(self, key: str, live: Item | None, restored: Item | None) -> Difference | None:
        """Return the difference of an item that the restored table has, or None."""
        if restored is None:
            return None
        if live is None:
            item = plain(restored)
            return None if is_of_the_lost(key, item) else Difference(key, None, item)
        if not key.startswith((self.prefix, LIST)) or content(plain(live), key) == content(plain(restored), key):
            return None
        return Difference(key, plain(live), plain(restored))

    def restorable(self, difference: Difference) -> Difference | None:
        """Return the difference if its item is written, or None."""
        if difference.live is not None:
            self.stays.add(self.identity(difference))
            return None
        item: Any = difference.restored
        if difference.is_list:
            if self.closed(list_id := self.identity(difference)):
                return difference
            self.open_lists[list_id] = {name: str(item.get(name, "")) for name in ("status", "partner", "key")}
            return None
        list_id = item.get("list_id") if difference.key.startswith(self.prefix) else None
        if list_id and not self.is_imported(list_id):
            self.withheld.add(self.identity(difference))
            return None
        return difference

    def kind_of(self, difference: Difference) -> str:
        """Return the kind of a written item, for the counts."""
        kind = super().kind_of(difference)
        if kind in ("lists", "answers"):
            return kind
        return "aggregates" if difference.key.startswith(self.prefix) else "others"


def is_of_the_lost(key: str, item: Item) -> bool:
    """Return whether an item is of no use without the lost stack."""
    return key.startswith(_OF_THE_LOST) or _is_unfetched(key, item)


def is_child(context: Context[Any], key: str) -> bool:
    """Return whether a key is that of a child of an aggregate."""
    return key.startswith(tuple(context.child_prefix(child.name) for child in context.children))


def _is_unfetched(key: str, item: Item) -> bool:
    """Return whether an item is the record of an exported file that a partner has neither fetched nor acknowledged."""
    if not key.startswith(EXPORT_FILE) or "file_status" not in item:
        return False
    is_seen = item.get("fetched") or item.get("acknowledged_by")
    return item["file_status"] != FileStatus.PREPARED or not is_seen

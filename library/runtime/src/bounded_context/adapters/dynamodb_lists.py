"""The lists' records in the table, through boto3. Every write has a condition on the list's status."""

import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from ..application.ports import Fact
from ..domain.events import fresh_traceparent
from ..domain.faults import ListFault
from ..domain.lists import BEFORE, Failure, ListStatus, PinnedFile, ReceivedList
from .conditional import MOST_KEYS, condition_failed, conditionally, despite_conflicts, read_batch
from .dynamodb import ABSENT
from .items import (
    BROKEN_UPLOAD,
    KEY,
    LIST,
    ROWS,
    RUN,
    RUN_SECONDS,
    TRACEPARENT,
    UNTIL,
    failure_key,
    from_broken,
    from_list,
    from_run,
    to_list,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_IMPORTING: Final = {":importing": ListStatus.IMPORTING.value}
_PLACEHOLDER: Final = re.compile(r"#(\w+)")


class ListTable:
    """The records of all lists, with the ``traceparent`` of the call that registered each."""

    def __init__(self, table: "Table", traceparent: Callable[[], str] = fresh_traceparent) -> None:
        self._table = table
        self._traceparent = traceparent

    def register(self, received: ReceivedList) -> ReceivedList:
        """Record a list for its execution; return the list of the execution, or else the recorded list.

        Two calls of an execution may see different versions of
        a file, and only the first call records its version.
        """
        now = datetime.now(UTC)
        metadata = {"received_at": now.isoformat(), TRACEPARENT: self._traceparent()}
        items = (
            from_list(received) | metadata,
            from_run(received.execution, received.list_id, now),
        )
        puts: Any = [
            {"Put": {"TableName": self._table.name, "Item": item, "ConditionExpression": ABSENT}} for item in items
        ]
        transact, token = self._table.meta.client.transact_write_items, secrets.token_hex(16)
        try:
            despite_conflicts(lambda: transact(TransactItems=puts, ClientRequestToken=token))
        except ClientError as error:
            if not condition_failed(error):
                raise
        return self.get(self._list_of(received.execution) or received.list_id)

    def conclude(self, execution: str, list_id: str) -> ReceivedList:
        """Record another execution's list as the list of an execution; return the list of the execution."""
        item = from_run(execution, list_id, datetime.now(UTC))
        conditionally(self._table.put_item, Item=item, ConditionExpression=ABSENT)
        return self.get(self._list_of(execution) or list_id)

    def _list_of(self, execution: str) -> str | None:
        """Return the id of an execution's list, or None. An older version of the library did not record it."""
        response = self._table.get_item(Key={KEY: RUN + execution}, ConsistentRead=True)
        return str(response["Item"]["list_id"]) if "Item" in response else None

    def remember_broken(self, broken: PinnedFile, at: datetime) -> None:
        """Remember for 30 days that an upload broke off ``at`` a time, without recording a list."""
        self._table.put_item(Item=from_broken(broken, at))

    def broke_off_at(self, broken: PinnedFile) -> datetime | None:
        """Return when a broken upload was recorded or remembered, or None."""
        for kind in (LIST, BROKEN_UPLOAD):
            response = self._table.get_item(Key={KEY: kind + broken.list_id}, ConsistentRead=True)
            if "Item" in response:
                return datetime.fromisoformat(str(response["Item"]["received_at"]))
        return None

    def recorded(self, list_ids: Sequence[str]) -> set[str]:
        """Return the ids of recorded lists that await no scan. A record that was just written may be missing.

        Raises Throttled if keys stay unprocessed.
        """
        keys = [LIST + list_id for list_id in dict.fromkeys(list_ids)]
        present = self._items(keys, ProjectionExpression=f"{KEY}, awaits_scan")
        return {str(item[KEY]).removeprefix(LIST) for item in present if "awaits_scan" not in item}

    def of_executions(self, executions: Sequence[str]) -> dict[str, ReceivedList]:
        """Return the recorded lists of executions, by execution. Raises Throttled if keys stay unprocessed."""
        items = self._items([RUN + execution for execution in executions])
        runs = {str(item[KEY]).removeprefix(RUN): str(item["list_id"]) for item in items}
        records = {item["list_id"]: item for item in self._items([LIST + list_id for list_id in {*runs.values()}])}
        return {execution: to_list(records[list_id]) for execution, list_id in runs.items() if list_id in records}

    def _items(self, keys: Sequence[str], **request: str) -> "Iterator[Mapping[str, Any]]":
        """Yield the existing items of some keys."""
        for start in range(0, len(keys), MOST_KEYS):
            yield from read_batch(self._table, [{KEY: key} for key in keys[start : start + MOST_KEYS]], **request)

    def get(self, list_id: str) -> ReceivedList:
        """Return the recorded list. Raises LookupError."""
        response = self._table.get_item(Key=_key(list_id), ConsistentRead=True)
        if "Item" not in response:
            raise LookupError(f"list {list_id} is not recorded")
        return to_list(response["Item"])

    def record_scan(self, list_id: str, execution: str, result: str, reason: str | None, code: str) -> ReceivedList:
        """Record the result of the scan that a list awaits, if it awaits one (`Lists`). Return the record."""
        facts = {"scan": result, "execution": execution} | ({"reason": reason, "code": code} if reason else {})
        update, values = f"{_set(facts)} REMOVE awaits_scan", _values(facts)
        _, record = self._conditional_update(list_id, update, "attribute_exists(awaits_scan)", values)
        return to_list(record)

    def decide(self, list_id: str, by: str, at: int, reason: str = "") -> tuple[bool, ReceivedList]:
        """Record an approval, or with a reason a rejection, of a list that waits (`Lists`)."""
        facts: dict[str, Fact] = {"decided_at": at, "decided_by": by}
        if reason:
            facts |= {"status": ListStatus.COMPENSATING.value, "reason": reason, "code": ListFault.NOT_APPROVED.value}
        condition = "#status = :importing AND attribute_exists(waits_since) AND attribute_not_exists(decided_at)"
        decided, record = self._conditional_update(list_id, _set(facts), condition, _IMPORTING | _values(facts))
        return decided, to_list(record)

    def forget_token(self, list_id: str, token: str) -> None:
        """Remove the token of a waiting state, which is sent: each update of the record consumes its whole size."""
        self._conditional_update(list_id, "REMOVE #task_token", "#task_token = :token", {":token": token})

    def progress(self, list_id: str, status: ListStatus, **facts: Fact) -> ReceivedList:
        """Move a list to a status that may follow its own, with facts; return the record, moved or not."""
        return self._move(list_id, status, BEFORE[status], facts)

    def refuse(self, list_id: str, reason: str, during: Sequence[ListStatus] = (), **facts: Fact) -> ReceivedList:
        """Record that a list is being undone, and why; return the record. The first reason stays."""
        undone = ListStatus.COMPENSATING
        return self._move(list_id, undone, during or BEFORE[undone], {**facts, "reason": reason})

    def _move(
        self, list_id: str, status: ListStatus, statuses: Sequence[ListStatus], facts: Mapping[str, Fact]
    ) -> ReceivedList:
        before = {f":before{number}": earlier.value for number, earlier in enumerate(statuses)}
        assigned = {"status": status.value, **facts}
        # The first reason stays, with its code: a file that was refused on arrival has both already.
        update, condition = _set(assigned, keeping=("reason", "code")), f"#status IN ({', '.join(before)})"
        _, record = self._conditional_update(list_id, update, condition, _values(assigned) | before)
        return to_list(record)

    def take_part(self, list_id: str, part: int, writer: str, until: int) -> tuple[bool, ReceivedList]:
        """Make an invocation the writer of a part (`Lists`); return whether it is, and the record as it was before."""
        values = _IMPORTING | {":writer": writer, ":until": until, ":part": part}
        condition = "#status = :importing AND NOT contains(imported_parts, :part)"
        update = "SET #writer = :writer, #until = :until"
        is_writer, record = self._conditional_update(list_id, update, condition, values, part, returned="ALL_OLD")
        return is_writer, to_list(record)

    def keep_part(self, list_id: str, part: int, writer: str, rows: int) -> bool:
        """Record how many rows of a part are written; return whether the invocation is still the part's writer."""
        is_writer, _ = self._as_writer(list_id, part, writer, "SET #rows = :rows", {":rows": rows})
        return is_writer

    def leave_part(self, list_id: str, part: int, writer: str, rows: int, until: int) -> None:
        """Record that an invocation writes no more, how many rows are written, and until when others may write."""
        values = {":writer": writer, ":rows": rows, ":until": until}
        self._conditional_update(list_id, "SET #rows = :rows, #until = :until", "#writer = :writer", values, part)

    def part_imported(self, list_id: str, part: int, writer: str) -> bool:
        """Record that a part is written by its writer; return whether it is."""
        update = "ADD imported_parts :part REMOVE #writer, #until, #rows"
        is_recorded, record = self._as_writer(list_id, part, writer, update, {":part": {part}})
        # This very request may have recorded the part, and its answer was lost.
        return is_recorded or part in record.get("imported_parts", ())

    def part_undone(self, list_id: str, part: int) -> None:
        """Record that all rows of a part are undone. Repetitions have no effect."""
        # A set of part numbers, not a counter: the retry of a child adds no number.
        update = "ADD undone_parts :part REMOVE #writer, #until, #rows"
        self._table.update_item(
            Key=_key(list_id),
            UpdateExpression=update,
            ExpressionAttributeNames=_names(update, part),
            ExpressionAttributeValues={":part": {part}},
        )

    def record_failure(self, list_id: str, failure: Failure, part: int | None = None) -> None:
        """Remember for 30 days the exception of a step's call, in an item of its own: the record may be large."""
        key = failure_key(list_id, failure.step, part)
        # An update, because the roles of all steps may update items.
        self._table.update_item(
            Key={KEY: key},
            UpdateExpression="SET failure = :failure, expires_at = :end",
            ExpressionAttributeValues={":failure": failure.facts(), ":end": int(time.time()) + RUN_SECONDS},
        )

    def failure(self, list_id: str, step: str, part: int | None = None) -> Failure | None:
        """Return the last exception of a step, or of a part's import, or None."""
        key = {KEY: failure_key(list_id, step, part)}
        item: Any = self._table.get_item(Key=key, ConsistentRead=True).get("Item", {})
        return Failure.of(item.get("failure"))

    def _as_writer(
        self, list_id: str, part: int, writer: str, update: str, values: dict[str, Any]
    ) -> tuple[bool, Mapping[str, Any]]:
        condition = "#status = :importing AND #writer = :writer"
        return self._conditional_update(list_id, update, condition, _IMPORTING | values | {":writer": writer}, part)

    def _conditional_update(
        self,
        list_id: str,
        update: str,
        condition: str,
        values: dict[str, Any],
        part: int | None = None,
        returned: Any = "ALL_NEW",
    ) -> tuple[bool, Mapping[str, Any]]:
        """Send a conditional update; return whether it was written, and the record.

        Raises:
            LookupError: the list is not recorded.
        """
        is_written, record = conditionally(
            self._table.update_item,
            Key=_key(list_id),
            UpdateExpression=update,
            ConditionExpression=condition,
            ExpressionAttributeNames=_names(update + condition, part),
            ExpressionAttributeValues=values,
            ReturnValues=returned,
        )
        if not record:
            raise LookupError(f"list {list_id} is not recorded")
        return is_written, record


def _set(facts: Iterable[str], keeping: Sequence[str] = ()) -> str:
    """Return the expression that sets attributes to their `_values`; the first value of those in ``keeping`` stays."""
    values = {name: f"if_not_exists(#{name}, :{name})" if name in keeping else f":{name}" for name in facts}
    return "SET " + ", ".join(f"#{name} = {value}" for name, value in values.items())


def _values(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {f":{name}": value for name, value in facts.items()}


def _names(expressions: str, part: int | None = None) -> dict[str, str]:
    """Return the attributes of the placeholders in expressions: ``#writer``, ``#until`` and ``#rows`` are a part's."""
    of_part = (
        {"writer": f"writer_{part}", "until": f"{UNTIL}{part}", "rows": f"{ROWS}{part}"} if part is not None else {}
    )
    return {f"#{name}": of_part.get(name, name) for name in _PLACEHOLDER.findall(expressions)}


def _key(list_id: str) -> dict[str, str]:
    return {KEY: LIST + list_id}

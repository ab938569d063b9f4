"""The records of the inbox and the table: files, reports, staged rows, lists, items and stored answers."""

import json
import re
import secrets
from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from bounded_context.adapters.items import (
    BROKEN_UPLOAD,
    CHANGED_AT,
    ERASED_AT,
    ETAG,
    KEY,
    LAST_CHILD,
    LIST,
    TRACEPARENT,
)
from bounded_context.application.inbound import REACH
from bounded_context.application.results import digest_of
from bounded_context.application.staging import IDENTITIES, PROGRESS, RANGE_RESULTS
from bounded_context.declaration.context import OWN_FIELDS
from bounded_context.domain.events import fresh_traceparent
from bounded_context.domain.fields import stamp
from bounded_context.domain.formats import FileFormat, Formats
from bounded_context.domain.lists import INCOMING, REPORTS, STAGING, ListStatus, PinnedFile, is_list
from bounded_context_cli.command.aws_errors import code, sentence
from bounded_context_cli.command.operation import Clock

from .person import Person, Search, search, search_as
from .stores import OUTSIDE, Bucket, Place, Version, reported

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef


_FINAL = {ListStatus.IMPORTED, ListStatus.REJECTED, ListStatus.FAILED}


class Lists:
    """The lists of a table. A closed list stays closed; any other status is read again."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._closed: dict[str, str] = {}

    def status(self, list_id: str) -> str | None:
        """Return the status of a list, or None if it is not recorded."""
        if list_id in self._closed:
            return self._closed[list_id]
        status = self._item(LIST + list_id).get("status", {}).get("S")
        if status and status in _FINAL:
            self._closed[list_id] = status
        return status

    def open(self, list_id: str) -> str:
        """Return the reason to wait for a list whose steps may still use its files and rows, or an empty text."""
        if self.status(list_id) in (None, *_FINAL):
            return ""
        return f"list {list_id} is not closed: run the command again when it is"

    def is_broken(self, file: PinnedFile, etag: str) -> bool:
        """Return whether a version is the rest of an upload that broke off."""
        broken = file.broken_off(etag).list_id
        return any(self._item(kind + broken) for kind in (LIST, BROKEN_UPLOAD))

    def _item(self, key: str) -> "dict[str, AttributeValueTypeDef]":
        answer = self._client.get_item(TableName=self._table, Key={KEY: {"S": key}}, ConsistentRead=True)
        return answer.get("Item", {})


NO_FORMATS: Final[Mapping[str, FileFormat]] = {}
_LINE: Final = re.compile(r"^(\d+),", re.MULTILINE)
"""A line of a report, or of the staged rejections, which begins with the row's line in the file."""


class Inbox:
    """The bucket of lists. Objects with the person's data are deleted version by version.

    A report names a row by its line alone. The files are therefore searched first and deleted last. Objects that name
    the identity in another place, and files that cannot be searched, are reported.
    """

    names = (REPORTS, STAGING, INCOMING)

    def __init__(
        self, bucket: Bucket, lists: Lists, person: Person, clock: Clock, formats: Mapping[str, FileFormat] = NO_FORMATS
    ) -> None:
        self._bucket = bucket
        self._lists = lists
        self._person = person
        self._clock = clock
        self._formats = Formats(formats)

    def search(self) -> Generator[Place, None, None]:
        """Yield reports, staged rows and files with the person's data, in this order."""
        rows, others = self._rows()
        reported: dict[str, set[int]] = defaultdict(set)
        lists: dict[str, list[str]] = defaultdict(list)
        for version, lines in rows.items():
            file = self._bucket.pinned(version)
            for name in (file.list_id, file.report_key):
                reported[name] |= lines
            lists[file.report_key].append(file.list_id)
        for version in self._bucket.versions(REPORTS):
            if self._quotes(self._bucket.text(version), reported[version.key]):
                # A list may have been opened since the files were searched.
                yield self._place(REPORTS, version, next(filter(None, map(self._lists.open, lists[version.key])), ""))
            elif self._person.is_named_in(version.key):
                yield self._report(REPORTS, version, OUTSIDE)
        for version in self._bucket.versions(STAGING):
            list_id, data = version.key.split("/")[1], self._bucket.open(version).read()
            text = data.decode(errors="replace")
            if self._quotes_staged(version, data, text, reported[list_id]):
                yield self._place(STAGING, version, self._lists.open(list_id))
            elif self._person.is_outside(text):
                yield self._report(STAGING, version, OUTSIDE)
        for version in rows:
            yield self._place(INCOMING, version, self._not_imported(version))
        yield from (self._report(INCOMING, version, why) for version, why in others.items())

    def _rows(self) -> tuple[dict[Version, set[int]], dict[Version, str]]:
        """Return the lines of the person's rows in each file, and the reasons why a person must judge other files."""
        rows: dict[Version, set[int]] = {}
        others: dict[Version, str] = {}
        for version in self._bucket.versions(INCOMING):
            search_result = self._searched(version)
            if search_result.lines:
                rows[version] = search_result.lines
            elif search_result.unread:
                others[version] = f"it cannot be searched: {search_result.unread}"
            elif search_result.outside or self._person.is_named_in(version.key):
                others[version] = OUTSIDE
        return rows, others

    def _searched(self, version: Version) -> Search:
        try:
            format_ = self._formats.of(version.key.split("/")[1])
            if not format_.has_own_reader:
                return search(self._person, lambda: self._bucket.open(version))
            return search_as(self._person, lambda: self._bucket.open(version), format_)
        except ClientError as error:
            # The bucket's policy denies reads of a file that no malware scan found clean (S3 User Guide, "Troubleshoot
            # access denied (403 Forbidden) errors", "Access denied message examples").
            if "explicit deny" in str(error):
                return Search(unread=sentence(error, "erase"))
            raise

    def _quotes(self, text: str, reported: set[int]) -> bool:
        if text.startswith("{"):
            if self._person.masked_text(text) != text:
                return True
            text = _report_lines(text)
        return self._person.is_named_in(text) or not reported.isdisjoint(map(int, _LINE.findall(text)))

    def _quotes_staged(self, version: Version, data: bytes, text: str, reported: set[int]) -> bool:
        _, _, folder, *rest = version.key.split("/")
        if rest == [IDENTITIES]:
            return digest_of(self._person.id) in data
        if folder in (RANGE_RESULTS, PROGRESS):
            lines = (rejection[0] for rejection in json.loads(text or "{}").get("reported", ()))
            return self._person.is_named_in(text) or not reported.isdisjoint(lines)
        return self._quotes(text, reported)

    def _place(self, store: str, version: Version, waits: str) -> Place:
        return Place(store, f"{version.key} {version.id}", partial(self._bucket.delete, version), waits)

    def _report(self, store: str, version: Version, why: str) -> Place:
        return reported(store, f"{version.key} {version.id}", why)

    def _not_imported(self, version: Version) -> str:
        """Return the reason to keep a file whose list may still be imported, or an empty text."""
        file = self._bucket.pinned(version)
        if self._lists.status(file.list_id):
            return self._lists.open(file.list_id)
        old = self._clock.now() - version.modified > REACH
        if old or not is_list(file) or self._lists.is_broken(file, version.etag.strip('"')):
            return ""
        return "no list is recorded for it: redrive it with `context redrive <stack> unseen --go`, or delete it"


def _report_lines(text: str) -> str:
    """Return the report's lines in the result of a part, or an empty text for rows of a part."""
    lines = json.loads(text).get("lines")
    return lines if isinstance(lines, str) else ""


Item = dict[str, Any]
"""An item with DynamoDB's types."""

_CHANGED: Final = ("ConditionalCheckFailedException", "TransactionConflictException")
_ATTEMPTS: Final = 20
"""The writes against concurrent commands on the same aggregate. Each of them changes the item at most once."""

_STATE: Final = ("version", ETAG, "list_id")
"""The attributes of which one differs between any two states of an item (`bounded_context.adapters.dynamodb`)."""


@dataclass(frozen=True)
class TableStore:
    """The table.

    `known` are the attributes that the model in this repository knows; `keep` keeps the aggregate. `children` are the
    beginnings of the keys of its children.
    """

    client: "DynamoDBClient"
    name: str
    lists: Lists
    person: Person
    clock: Clock
    key: str
    known: frozenset[str]
    keep: bool
    store: str = "table"
    children: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str]:
        """The name of the store in the report."""
        return (self.store,)

    def search(self) -> Generator[Place, None, None]:
        """Yield the aggregate's item, each stored answer and list's record that quotes its data, and others' items."""
        item = self._item()
        obstacle = self._obstacle(item) if item else ""
        if item and not (self.keep and self._is_erased(item)):
            yield Place(self.store, self.key, self._erase, obstacle)
        for other in self._others():
            key, masked = other[KEY]["S"], self.person.masked(other)
            if key.startswith(self.children):
                if not self.keep or masked != other:
                    yield Place(self.store, key, partial(self._erase_child, other, masked), obstacle)
                continue
            changed = [name for name, value in other.items() if masked.get(name) != value]
            if len(changed) == 1:
                yield Place(self.store, key, partial(self._mask_quotes, other, masked, *changed))
            if len(changed) > 1 or self.person.is_outside(masked):
                yield reported(self.store, key, OUTSIDE)

    def _item(self) -> Item | None:
        return self.client.get_item(TableName=self.name, Key={KEY: {"S": self.key}}, ConsistentRead=True).get("Item")

    def _is_erased(self, item: Item) -> bool:
        return ERASED_AT in item and self.person.masked(item) == item

    def _obstacle(self, item: Item) -> str:
        if unknown := sorted(item.keys() - self.known - OWN_FIELDS):
            fields = ", ".join(unknown)
            return f"the model in this repository has no {fields}: check out the version that is deployed"
        return self.lists.open(item["list_id"]["S"]) if "list_id" in item else ""

    def _erase(self) -> None:
        """Mask the item, then delete it. A concurrent change or a lost answer only repeats a step."""
        for _ in range(_ATTEMPTS):
            item = self._item()
            if item is None or (self.keep and self._is_erased(item)) or self._obstacle(item):
                return
            try:
                if self._is_erased(item):
                    return self._delete(item)
                self._mask(item)
            except ClientError as error:
                if code(error) not in _CHANGED:
                    raise

    def _mask(self, item: Item) -> None:
        incarnation = item.get(ETAG, item.get("list_id", {"S": ""}))["S"].partition(".")[0]
        now = self.clock.now()
        changed = {
            "version": {"N": str(int(item["version"]["N"]) + 1)},
            ETAG: {"S": f"{incarnation}.{secrets.token_hex(8)}"},
            ERASED_AT: item.get(ERASED_AT, {"S": now.isoformat()}),
            **({} if CHANGED_AT in self.known else {CHANGED_AT: {"S": stamp(now)}}),
            TRACEPARENT: {"S": fresh_traceparent()},
        }
        masked = self.person.masked(item) | changed
        # The event of the write is that of the status, also after the addition of a child.
        masked.pop(LAST_CHILD, None)
        self.client.put_item(TableName=self.name, Item=masked, **_unchanged(item))

    def _delete(self, item: Item) -> None:
        self.client.delete_item(TableName=self.name, Key={KEY: item[KEY]}, **_unchanged(item))

    def _erase_child(self, child: Item, masked: Item) -> None:
        """Mask a child, or delete it with its aggregate. The relay may have deleted it already."""
        if not self.keep:
            self.client.delete_item(TableName=self.name, Key={KEY: child[KEY]})
            return
        there: Any = {"ConditionExpression": f"attribute_exists({KEY})"}
        try:
            self.client.put_item(TableName=self.name, Item=masked, **there)
        except ClientError as error:
            if code(error) not in _CHANGED:
                raise

    def _others(self) -> Iterator[Item]:
        """Yield all other items. No filter of DynamoDB finds a text in attributes whose names are unknown."""
        pages: Any = self.client.get_paginator("scan").paginate(TableName=self.name, ConsistentRead=True)
        return (item for page in pages for item in page["Items"] if item[KEY]["S"] != self.key)

    def _mask_quotes(self, item: Item, masked: Item, name: str) -> None:
        """Mask the only attribute that quotes, unless another caller has changed it."""
        try:
            self.client.update_item(
                TableName=self.name,
                Key={KEY: item[KEY]},
                UpdateExpression="SET #name = :masked",
                ConditionExpression="#name = :value",
                ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues={":masked": masked[name], ":value": item[name]},
            )
        except ClientError as error:
            if code(error) not in _CHANGED:
                raise


@dataclass(frozen=True)
class SecondTable(TableStore):
    """The second table of a restore, or the table of another epoch. No step and no reader uses its items."""

    def _obstacle(self, item: Item) -> str:
        """Return the reason to wait: `keep` needs the item's model."""
        return super()._obstacle(item) if self.keep else ""


def _unchanged(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the condition that the item is still as it was read."""
    terms = [f"{name} = :{name}" if name in item else f"attribute_not_exists({name})" for name in _STATE]
    values = {f":{name}": item[name] for name in _STATE if name in item}
    return {"ConditionExpression": " AND ".join(terms), "ExpressionAttributeValues": values}

"""Count the billable AWS operations for the rows of lists, by the size of a sample row."""

import json
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Final, TypeVar

from bounded_context.adapters.items import TRACEPARENT, Items
from bounded_context.adapters.services import BATCH
from bounded_context.application.importing import ROWS_RECORDED
from bounded_context.declaration.context import Context
from bounded_context.testing.functions import Samples
from bounded_context_infra.configuration.project import ProjectError

from ...programs.recording import Graph, Node
from . import assumed
from .functions import Machine, environment_variable, functions, imports, is_called

_LIST: Final = "0" * 32
_TRACEPARENT: Final = f"00-{'0' * 32}-{'0' * 16}-00"
_SEQUENCE: Final = "0" * 40
_LINE_BYTES: Final = len(",1000000,")
_KB: Final = 1024
_RECORD: Final = 5 * _KB
"""Bytes in whose multiples Firehose bills a record (its pricing page)."""
_REQUEST: Final = 64 * _KB
"""Bytes of a billed request of SNS or SQS; larger requests count several times (their pricing pages)."""


@dataclass(frozen=True)
class Row:
    """A sample row of a context's lists."""

    context: Context[Any]

    @cached_property
    def values(self) -> dict[str, str]:
        """The cells by column."""
        return {column: self._cell(column) for column in self.context.rows.columns}

    def _cell(self, column: str) -> str:
        text = "x" * assumed().text_length
        others = dict.fromkeys(self.context.rows.columns, text)
        del others[column]
        try:
            return Samples(self.context).values(1, **others)[column]
        except LookupError:
            return text

    @property
    def file_bytes(self) -> int:
        """The size of the row's line in a partner's file."""
        return sum(len(value.encode()) + 1 for value in self.values.values())

    @cached_property
    def item(self) -> Mapping[str, Any]:
        """The row's item in the table, as the import writes it."""
        item = Items(self.context).from_values(self.values, self.context.initial_status, 1, _LIST)
        return item | {TRACEPARENT: _TRACEPARENT}

    @property
    def staged_bytes(self) -> int:
        """The size of the row in an intermediate file: its values as JSON, and the number of its line."""
        return len(json.dumps(self.values, separators=(",", ":")).encode()) + _LINE_BYTES

    @property
    def item_bytes(self) -> int:
        """The size of the item."""
        return item_bytes(self.item)

    @property
    def event_bytes(self) -> int:
        """The size of the row's event."""
        return len(json.dumps(self._event()))

    @property
    def requests_a_batch(self) -> int:
        """The billed requests of a full batch of events, for SNS and for SQS."""
        return math.ceil(BATCH * self.event_bytes / _REQUEST)

    @property
    def record_bytes(self) -> int:
        """The billed size of the row's event in Firehose."""
        return math.ceil(self.event_bytes / _RECORD) * _RECORD

    def _event(self) -> dict[str, Any]:
        """Return the row's event without its status and version, which are a few characters."""
        context, now = self.context, datetime.now(UTC)
        event_type = context.event_by_status[context.initial_status]
        return context.source.cloud_event(
            _LIST, event_type, _LIST, now, dict(self.values), _TRACEPARENT, sequence=_SEQUENCE
        )


def units(size: int) -> int:
    """Return the write units for a number of bytes: one for each KB (DynamoDB, "Write request unit")."""
    return math.ceil(size / _KB)


def item_bytes(item: Mapping[str, Any]) -> int:
    """Return the size of an item without sets, lists and maps (DynamoDB, "Item sizes and formats")."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Any) -> int:
    if isinstance(value, bool | None):
        return 1
    if isinstance(value, int | Decimal):
        return math.ceil(len(Decimal(value).as_tuple().digits) / 2) + 1
    return len(str(value).encode())


def index_bytes(table: Node, item: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Yield each index that contains the item, by name, with the size of its entry."""
    for index in table.inputs.get("globalSecondaryIndexes") or ():
        keys = _keys(index)
        if keys <= set(item):
            yield index["name"], item_bytes(_projected(table, index, keys, item))


def _keys(index: Mapping[str, Any]) -> set[str]:
    schemas = index.get("keySchemas") or ()
    names = [key["attributeName"] for key in schemas] or [index.get("hashKey"), index.get("rangeKey")]
    return {name for name in names if name}


def _projected(table: Node, index: Mapping[str, Any], keys: set[str], item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the attributes of an item in an index: all, or the keys of both and the included attributes."""
    if index["projectionType"] == "ALL":
        return item
    names = {*keys, table.inputs["hashKey"], table.inputs.get("rangeKey"), *(index.get("nonKeyAttributes") or ())}
    return {name: value for name, value in item.items() if name in names}


RELAY: Final = "relay_events"

Resource = TypeVar("Resource")


class NotCounted(ProjectError):
    """A stack's program lacks a resource that the rows of every context use; the message names the resource."""


@dataclass(frozen=True)
class Flow:
    """A number of valid rows in a number of lists, on their way through a stack of a context."""

    context: Context[Any]
    graph: Graph
    rows: float
    lists: float = 1

    @cached_property
    def row(self) -> Row:
        """A sample row."""
        return Row(self.context)

    def function(self, name: str) -> Node:
        """Return a function by its name in code. Raises NotCounted."""
        return _require(f"function {name}", functions(self.graph).get(name))

    @cached_property
    def table(self) -> Node:
        """The table of the aggregates."""
        used = {str(name) for function in functions(self.graph).values() if (name := _table_name(function))}
        tables = (node for node in self.graph.of("dynamodb/table") if node.inputs.get("name") in used)
        return _require("table of the aggregates", next(tables, None))

    @cached_property
    def machine(self) -> Machine:
        """The state machine of the list import."""
        return _require("map that imports lists", imports(self.graph, self.function("import_list").arn))

    @property
    def parts(self) -> float:
        """The number of parts, all of them full."""
        return self.rows / int(environment_variable(self.function("validate_list"), "PART_ROWS"))

    @property
    def verified_parts(self) -> float:
        """The number of parts that children of a map verify; 0 if one call verifies all parts."""
        return 0 if self.machine.lanes(self.function(self.context.verification_step).arn) is None else self.parts

    @property
    def ranges(self) -> float:
        """The number of ranges that children of a map validate, all of them full; 0 if one call validates a file."""
        if self.machine.lanes(self.function("validate_list").arn) is None:
            return 0
        return self.rows * self.row.file_bytes / assumed().range_bytes

    @property
    def checks(self) -> int:
        """The number of lookups for a row: its own identity, and each reference."""
        return 1 + len(self.context.references)

    @property
    def seconds(self) -> float:
        """The time for writing all rows."""
        return self.rows / self._a_second

    @property
    def _a_second(self) -> int:
        return self.machine.at_once * assumed().written_a_second

    @cached_property
    def batch(self) -> float:
        """The number of changes in a batch of the relay: a shard's changes since the last poll, per parallel batch."""
        mapping = self._feed
        interval = max(1 / assumed().polls_a_second, mapping.inputs.get("maximumBatchingWindowInSeconds") or 0)
        # A partition accepts the rows of one child, with a write unit each.
        shards = max(assumed().shards, self.machine.at_once)
        lanes = shards * (mapping.inputs.get("parallelizationFactor") or 1)
        return min(self.most_batch, max(1, self._a_second * interval / lanes))

    @property
    def most_batch(self) -> int:
        """The maximum number of changes in a batch of the relay."""
        return self._feed.inputs["batchSize"]

    @property
    def _feed(self) -> Node:
        """The event source mapping from the table's stream to the relay."""
        relay = self.function(RELAY)
        feeds = (mapping for mapping in self.graph.stream_readers() if is_called(relay, mapping.inputs["functionName"]))
        return _require(f"stream for {RELAY}", next(feeds, None))

    @property
    def relayed(self) -> float:
        """The number of calls of the relay."""
        return self.rows / self.batch

    @property
    def publishes(self) -> float:
        """The number of batches that the relay publishes."""
        return self.relayed * self.publishes_of(self.batch)

    def publishes_of(self, changes: float) -> int:
        """Return the number of batches that the relay publishes for some changes."""
        return math.ceil(changes / (BATCH // len(self.created)))

    @property
    def created(self) -> set[str]:
        """The filter labels of a row's events: each published major version has its own label."""
        return set(self.context.labels_of(self.context.event_by_status[self.context.initial_status]))

    @property
    def subscribers(self) -> int:
        """The number of queues that receive a row's event. A queue without a filter receives each major version."""
        return self._received("sqs")

    @property
    def archives(self) -> int:
        """The number of archives that receive a row's event."""
        return self._received("firehose")

    def _received(self, protocol: str) -> int:
        topic = environment_variable(self.function(RELAY), "TOPIC_ARN")
        return sum(
            len(_passed(subscription, self.created))
            for subscription in self.graph.of("sns/topicSubscription")
            if subscription.inputs["topic"] == topic and subscription.inputs["protocol"] == protocol
        )

    @property
    def changes(self) -> float:
        """The number of changes of lists' records. Each change is a call of the function that measures lists.

        A part is claimed and completed, and its record is updated after each group of rows.
        """
        return self.lists * assumed().list_writes + self.parts + max(self.parts, self.rows / ROWS_RECORDED)


def _table_name(function: Node) -> Any:
    return function.inputs.get("environment", {}).get("variables", {}).get("TABLE_NAME")


def _passed(subscription: Node, labels: Collection[str]) -> set[str]:
    """Return the labels of events that match a subscription's filter; without a filter, all labels."""
    conditions = json.loads(subscription.inputs.get("filterPolicy") or "{}").get("type", [{}])
    return {label for label in labels if any(_matches(condition, label) for condition in conditions)}


def _matches(condition: str | Mapping[str, Any], label: str) -> bool:
    return label == condition if isinstance(condition, str) else label not in condition.get("anything-but", ())


def _require(resource: str, node: Resource | None) -> Resource:
    if node is None:
        raise NotCounted(f"The program registers no {resource}: the cost of a million rows cannot be estimated.")
    return node

"""Count the billable AWS operations for the rows of lists, from the upload to the subscribers' queues."""

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeVar

from bounded_context.adapters.sns import BATCH
from bounded_context.application.importing import ROWS_RECORDED
from bounded_context.declaration.context import Context
from bounded_context_infra.configuration.project import ProjectError

from ...programs.recording import Graph, Node
from .functions import environment_variable, functions, is_called
from .machine import Machine, imports
from .prices import assumed
from .row import Row

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
        return _required(f"function {name}", functions(self.graph).get(name))

    @cached_property
    def table(self) -> Node:
        """The table of the aggregates."""
        used = {str(name) for function in functions(self.graph).values() if (name := _table_name(function))}
        found = (node for node in self.graph.of("dynamodb/table") if node.inputs.get("name") in used)
        return _required("table of the aggregates", next(found, None))

    @cached_property
    def machine(self) -> Machine:
        """The state machine of the list import."""
        return _required("map that imports lists", imports(self.graph, self.function("import_list").arn))

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
        found = (mapping for mapping in self.graph.stream_readers() if is_called(relay, mapping.inputs["functionName"]))
        return _required(f"stream for {RELAY}", next(found, None))

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
        topic = environment_variable(self.function(RELAY), "TOPIC_ARN")
        return sum(
            len(_passed(subscription, self.created))
            for subscription in self.graph.of("sns/topicSubscription")
            if subscription.inputs["topic"] == topic and subscription.inputs["protocol"] == "sqs"
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


def _required(resource: str, found: Resource | None) -> Resource:
    if found is None:
        raise NotCounted(f"The program registers no {resource}: the cost of a million rows cannot be estimated.")
    return found

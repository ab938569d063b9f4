"""How often what happens on a row's way, from the upload to the subscribers' queues."""

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeVar

from ..adapters.sns import BATCH
from ..application.importing import ROWS_AT_ONCE
from ..context import Context
from ..project import ProjectError
from ..testing.graph import Graph, Node
from . import assumptions as assumed
from .machine import Machine, imports
from .read import functions, is_called, told
from .row import Row

RELAY: Final = "relay_events"

One = TypeVar("One")


class NotCounted(ProjectError):
    """A stack's program lacks what rows go through in every context; the message says what."""


@dataclass(frozen=True)
class Flow:
    """So many rows in so many lists, all of them good, on their way through a stack of a context."""

    context: Context[Any]
    graph: Graph
    rows: float
    lists: float = 1

    @cached_property
    def row(self) -> Row:
        """One of them."""
        return Row(self.context)

    def function(self, name: str) -> Node:
        """A function by its name in code. Raises NotCounted."""
        return _there(f"function {name}", functions(self.graph).get(name))

    @cached_property
    def table(self) -> Node:
        """Where they are kept."""
        name = told(self.function("import_list"), "TABLE_NAME")
        found = (node for node in self.graph.of("dynamodb/table") if node.inputs.get("name") == name)
        return _there(f"table {name}", next(found, None))

    @cached_property
    def machine(self) -> Machine:
        """What imports a list."""
        return _there("map that imports lists", imports(self.graph, self.function("import_list").arn))

    @property
    def parts(self) -> float:
        """Parts of lists, all of them full."""
        return self.rows / int(told(self.function("validate_list"), "PART_ROWS"))

    @property
    def checks(self) -> int:
        """How often a row is looked up: whether it exists, and all that it refers to."""
        return 1 + len(self.context.references)

    @property
    def seconds(self) -> float:
        """How long it takes to write them."""
        return self.rows / self._a_second

    @property
    def _a_second(self) -> int:
        return self.machine.at_once * assumed.WRITTEN_A_SECOND

    @cached_property
    def batch(self) -> float:
        """Changes that the relay is handed at once: what a shard got since the last look, on one of its lanes."""
        mapping = self._feed
        look = max(1 / assumed.POLLS_A_SECOND, mapping.inputs.get("maximumBatchingWindowInSeconds") or 0)
        lanes = assumed.SHARDS * (mapping.inputs.get("parallelizationFactor") or 1)
        return min(mapping.inputs["batchSize"], max(1, self._a_second * look / lanes))

    @property
    def _feed(self) -> Node:
        relay = self.function(RELAY)
        found = (one for one in self.graph.stream_readers() if is_called(relay, one.inputs["functionName"]))
        return _there(f"stream for {RELAY}", next(found, None))

    @property
    def relayed(self) -> float:
        """Calls of the relay."""
        return self.rows / self.batch

    @property
    def publishes(self) -> float:
        """Batches that it publishes."""
        return self.relayed * math.ceil(self.batch / (BATCH // len(self._created)))

    @property
    def _created(self) -> set[str]:
        """How the events of a row are filtered: each major version that is published has its own."""
        return set(self.context.labels_of(self.context.reached[self.context.first]))

    @property
    def subscribers(self) -> int:
        """The queues of this stack that get an event of each row; who filters nothing gets each major version."""
        topic = told(self.function(RELAY), "TOPIC_ARN")
        return sum(
            len(_passed(one, self._created))
            for one in self.graph.of("sns/topicSubscription")
            if one.inputs["topic"] == topic and one.inputs["protocol"] == "sqs"
        )

    @property
    def changes(self) -> float:
        """Changes of lists' records, each a call of the function that measures them.

        A part is taken and reported, and its record is updated between every two pieces of rows.
        """
        return self.lists * assumed.LIST_WRITES + self.parts + max(self.parts, self.rows / ROWS_AT_ONCE)


def _passed(subscription: Node, labels: Collection[str]) -> set[str]:
    """Return the labels of events that a subscription's filter lets through; without a filter, all."""
    conditions = json.loads(subscription.inputs.get("filterPolicy") or "{}").get("type", [{}])
    return {label for label in labels if any(_matches(condition, label) for condition in conditions)}


def _matches(condition: str | Mapping[str, Any], label: str) -> bool:
    return label == condition if isinstance(condition, str) else label not in condition.get("anything-but", ())


def _there(what: str, found: One | None) -> One:
    if found is None:
        raise NotCounted(f"The program makes no {what}: what a million rows cost cannot be counted.")
    return found

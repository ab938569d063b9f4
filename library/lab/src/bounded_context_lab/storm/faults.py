"""The faults of a stack, derived from its recorded graph, with the expected alarms of each fault."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from bounded_context.declaration.context import Context
from bounded_context_cli.programs.graph import Graph, Node
from bounded_context_infra.configuration.alarms import Severity

from .expected_alarms import CRITICAL, KINDS, TABLE, Kind, Watch
from .resources import Facts, Resources

EDGES: Final = (
    "lambda/eventSourceMapping",
    "sns/topicSubscription",
    "cloudwatch/eventTarget",
    "scheduler/schedule",
    "apigatewayv2/route",
)
"""The resources that lead from a source of events or requests to a reader."""

_OF_LISTS: Final = "lists-"
"""The beginning of alarms that only a context with lists has."""

_INSIDE: Final = "only the emulator itself writes and reads this queue, and it throttles no call of its own"
_ROLE: Final = "the emulator checks only the permissions of functions"
_LOST: Final = "the emulator retries a batch of a stream without end, and writes no abandoned batch"
_NO_ORDER: Final = "a single request has no order"
_CALLER: Final = "the caller waits for the answer: it defines the order and the time"
_OTHER: Final = "the run plays no source of this rule"
_OWN_EVENT: Final = "the bucket itself sends its events, and the run can neither hold nor repeat them"


@dataclass(frozen=True)
class Expected:
    """An expected alarm: a row of the table with the facts of its watched resource."""

    watch: Watch
    alarm: str
    namespace: str
    dimensions: tuple[tuple[str, str], ...]
    bad: float

    @property
    def severity(self) -> Severity:
        """The severity, which selects the topic that the alarm notifies."""
        return "critical" if self.alarm in CRITICAL else "warning"

    def is_called(self, name: str) -> bool:
        """Return whether an alarm has this name, or this name with a number (the runbook, "The alarms")."""
        return re.fullmatch(rf"{re.escape(self.alarm)}(-\d+)?", name) is not None


@dataclass(frozen=True)
class Fault:
    """A fault: its kind, and the function, table, queue, topic, bucket, key, workflow, edge or role that it affects.

    `expected` are the alarms that must exist. If the fault stops work, one of them must go off.
    `untried` is the reason why the embedded AWS cannot show the fault, or empty.
    """

    kind: Kind
    target: Node = field(compare=False)
    expected: tuple[Expected, ...] = ()
    untried: str = ""

    @property
    def name(self) -> str:
        """The kind and the name of the target in the program, such as `kill:relay-events`."""
        return f"{self.kind}:{self.target.name}"

    @property
    def alarms(self) -> frozenset[str]:
        """The names of the expected alarms, without the stack's prefix."""
        return frozenset(one.alarm for one in self.expected)

    def expects(self, names: Iterable[str]) -> set[str]:
        """Return the names of alarms that are expected of this fault."""
        return {name for name in names if any(one.is_called(name) for one in self.expected)}


def derive(graph: Graph, context: Context[Any]) -> list[Fault]:
    """Return all faults of a stack, sorted by kind and target. `context` is the declaration of the stack's context."""
    resources = Resources(graph, context)
    found = [fault for node in graph.nodes for fault in _of(resources, node)]
    return sorted(found, key=lambda fault: (KINDS.index(fault.kind), fault.target.name))


def _of(resources: Resources, node: Node) -> Iterator[Fault]:
    part = resources.part(node)
    for entry in TABLE:
        if (entry.type, entry.part) == (node.kind, part):
            expected = tuple(_expected(resources, node, entry.rows))
            yield from (Fault(kind, node, expected, _untried(resources, node, kind)) for kind in entry.kinds)


def _expected(resources: Resources, node: Node, rows: Collection[tuple[Watch, Any]]) -> Iterator[Expected]:
    for watch, which in rows:
        if resources.context.has_lists or not watch.alarm.startswith(_OF_LISTS):
            yield from (_bound(watch, facts) for facts in resources.subjects(node, which))


def _bound(watch: Watch, facts: Facts) -> Expected:
    dimensions = tuple((name, value.format_map(facts)) for name, value in watch.dimensions.items())
    names = (watch.alarm.format_map(facts), watch.namespace.format_map(facts))
    return Expected(watch, *names, dimensions, float(str(watch.bad).format_map(facts)))


def _untried(resources: Resources, node: Node, kind: Kind) -> str:
    """Return the reason why the embedded AWS cannot show a fault, or an empty text."""
    part = resources.part(node)
    match node.kind:
        case "iam/role":
            return "" if node.arn in {one.inputs["role"] for one in resources.functions.values()} else _ROLE
        case "s3/bucket":
            return _LOST if part == "abandoned batches" else ""
        case "sqs/queue":
            return "" if kind == "deny" or _called(resources.graph, node) else _INSIDE
        case "apigatewayv2/route":
            return "" if kind == "repeat" else _CALLER
        case "scheduler/schedule":
            return _NO_ORDER if kind == "reorder" else ""
        case "cloudwatch/eventTarget" if part in ("abandoned batch", "other"):
            return _LOST if part == "abandoned batch" else _OTHER
        case "cloudwatch/eventTarget":
            return "" if resources.graph.of("transfer/server") else _OWN_EVENT
    return ""


def _called(graph: Graph, queue: Node) -> bool:
    """Return whether functions send to a queue, or another context's reader, which the run plays, reads it."""
    senders = (statement for _, statement in graph.statements("iam/rolePolicy"))
    sends = any("sqs:SendMessage" in one["Action"] and queue.arn in one["Resource"] for one in senders)
    read = {mapping.inputs["eventSourceArn"] for mapping in graph.of("lambda/eventSourceMapping")}
    filled = {subscription.inputs["endpoint"] for subscription in graph.of("sns/topicSubscription")}
    return sends or (queue.arn in filled and queue.arn not in read)


def metrics_of(alarm: Any) -> Iterator[Any]:
    """Yield the metrics of an alarm, with the names of Pulumi's inputs."""
    if "metricName" in alarm:
        yield alarm
    yield from (query["metric"] for query in alarm.get("metricQueries") or () if query.get("metric"))

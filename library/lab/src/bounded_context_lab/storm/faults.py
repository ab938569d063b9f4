"""The faults of a stack, derived from its recorded graph and the parts of its resources, with their expected alarms.

Names of resources and their connections come from the recorded graph. The alarms of the graph are never read.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from bounded_context.declaration.context import Context
from bounded_context.declaration.own_routes import own_routes
from bounded_context.domain.spelling import kebab
from bounded_context_cli.policies.resources import HOOKS
from bounded_context_cli.programs import Graph, Node
from bounded_context_infra.configuration.alarms import Severity
from bounded_context_local.provider.creation import as_list

from .expected_alarms import CRITICAL, KINDS, TABLE, Kind, Part, Subjects, Watch

WATCHES: Final = ("watch-lists", "watch-mappings")
SWEEP: Final = "sweep-uploads"
EXPORTS: Final = "export-files"
UPLOADS: Final = "uploads"
BROKEN_UPLOAD: Final = "upload-failed"

_CRITICAL_LETTERS: Final = (UPLOADS, "relay-events")
"""The dead-letter queues that wake a person (the runbook, "A dead-letter queue is not empty")."""

Facts = dict[str, str]


class Resources:
    """The resources of a stack: their parts, the resources that depend on them, and the facts of their alarms."""

    def __init__(self, graph: Graph, context: Context[Any]) -> None:
        """Index the functions of a graph; `context` is the declaration of commands and queries."""
        self.graph, self.context = graph, context
        self.prefix = prefix_of(graph)
        self.functions = {node.called: node for node in graph.of("lambda/function")}
        self._callers = {name.replace("_", "-") for name in (*context.command_functions, *context.queries)}

    def part(self, node: Node) -> Part:
        """Return the part of a resource in the architecture; empty if its type has one part."""
        match node.kind:
            case "lambda/function":
                return self._function_part(node)
            case "iam/role":
                return self._role_part(node)
            case "sqs/queue":
                return self._queue_part(node)
            case "sns/topic":
                return "events" if node.arn == self.graph.outputs["topic_arn"] else "other"
            case "sns/topicSubscription":
                return "" if queue_of(self.graph, node) else "other"
            case "s3/bucket":
                return self._bucket_part(node)
            case "lambda/eventSourceMapping":
                return "stream" if "startingPosition" in node.inputs else "queue"
            case "cloudwatch/eventTarget":
                return self._target_part(node)
            case "scheduler/schedule":
                return self._schedule_part(node)
        return ""

    def _function_part(self, node: Node) -> Part:
        if node.name in HOOKS:
            return "hook"
        if node.name in self._callers:
            return "command or query"
        if node.name in WATCHES or node.name == SWEEP:
            return "sweep" if node.name == SWEEP else "watch"
        if node.name == EXPORTS:
            return "exports"
        read = [resource for resource in self.graph.of("lambda/eventSourceMapping") if self.reader(resource) is node]
        if read:
            return "stream reader" if "startingPosition" in read[0].inputs else "queue reader"
        machines = self.graph.of("sfn/stateMachine")
        return "step" if any(f":{node.called}:" in resource.inputs["definition"] for resource in machines) else "other"

    def _role_part(self, node: Node) -> Part:
        for function in self.functions.values():
            if function.inputs["role"] == node.arn:
                return self._function_part(function)
        if any(machine.inputs["roleArn"] == node.arn for machine in self.graph.of("sfn/stateMachine")):
            return "workflow"
        started = any(target.inputs.get("roleArn") == node.arn for target in self.graph.of("cloudwatch/eventTarget"))
        return "upload" if started else ""

    def _queue_part(self, node: Node) -> Part:
        if node.name.endswith("-dead-letters"):
            return "dead letters"
        filled = {resource.inputs["endpoint"] for resource in self.graph.of("sns/topicSubscription")}
        read = {resource.inputs["eventSourceArn"] for resource in self.graph.of("lambda/eventSourceMapping")}
        return "subscriber" if node.arn in filled - read else "own"

    def _bucket_part(self, node: Node) -> Part:
        abandoned = [
            destination.inputs.get("destinationConfig", {}).get("onFailure", {})
            for destination in self.graph.stream_readers()
        ]
        if any(destination.get("destinationArn") == node.arn for destination in abandoned):
            return "abandoned batches"
        return "inbox" if node.called == self.graph.outputs.get("inbox_bucket") else "other"

    def _target_part(self, node: Node) -> Part:
        if ":stateMachine:" in node.inputs["arn"]:
            return "broken upload" if node.name == BROKEN_UPLOAD else "upload"
        return "abandoned batch" if self._reported(node) else "other"

    def _schedule_part(self, node: Node) -> Part:
        """Return the part of a schedule. A call of a schedule without retries has no alarm: the next does the same."""
        target = node.inputs["target"]
        function = next(
            (candidate for candidate in self.functions.values() if f":{candidate.called}:" in target["arn"]), None
        )
        part = self._function_part(function) if function else "other"
        retried = (target.get("retryPolicy") or {}).get("maximumRetryAttempts", 1)
        return part if part in ("watch", "sweep", "exports") else "other" if retried else ""

    def reader(self, mapping: Node) -> Node:
        """Return the function of an event source mapping, whose input is a name or an ARN."""
        parts = mapping.inputs["functionName"].split(":")
        return self.functions[parts[6] if len(parts) > 6 else parts[0]]

    def users(self, node: Node) -> list[Node]:
        """Return the functions whose roles name a resource, or all functions that use a key."""
        roles = {
            role.inputs["role"]
            for role, statement in self.graph.statements("iam/rolePolicy")
            if any(arn == node.arn or arn.startswith(f"{node.arn}/") for arn in as_list(statement.get("Resource", ())))
        }
        return [function for function in self.functions.values() if function.inputs["role"].rpartition("/")[2] in roles]

    def subjects(self, node: Node, which: Subjects) -> Iterator[Facts]:
        """Yield the facts of each resource that a row of the table watches, given the affected resource."""
        if which in ("queue", "api"):
            yield from (self._queue_facts if which == "queue" else self._api_facts)(node)
        elif which == "uploads":
            yield self._facts_of_queue(UPLOADS)
        elif which == "indexes":
            indexes = node.inputs.get("globalSecondaryIndexes") or ()
            yield from (self._facts(node) | {"index": index["name"]} for index in indexes)
        else:
            yield from map(self._facts, self._nodes(node, which))

    def _nodes(self, node: Node, which: Subjects) -> Iterator[Node]:
        match which:
            case "itself":
                yield self._of_role(node)
            case "reader":
                yield from filter(None, [self._reported(node)])
            case "group":
                groups = self.graph.of("scheduler/scheduleGroup")
                yield from (group for group in groups if group.called == node.inputs["groupName"])
            case "machine":
                yield from self.graph.of("sfn/stateMachine")
            case "users":
                yield from (function for function in self.users(node) if function.name not in HOOKS)
            case "stream readers":
                readers = map(self.reader, self.graph.stream_readers())
                yield from (
                    function for function in readers if node.kind != "sns/topic" or function in self.users(node)
                )

    def _of_role(self, node: Node) -> Node:
        """Return the function of a role; any other resource itself."""
        return next(
            (function for function in self.functions.values() if function.inputs["role"] == node.outputs.get("arn")),
            node,
        )

    def _reported(self, node: Node) -> Node | None:
        """Return the reader of a mapping, or the reader whose abandoned batches a target reports."""
        if node.kind == "lambda/eventSourceMapping":
            return self.reader(node)
        return self.functions.get(node.inputs["arn"].rpartition(":")[2].removesuffix("-dead-letters"))

    def _queue_facts(self, node: Node) -> Iterator[Facts]:
        if node.kind == "sqs/queue":
            yield self._facts_of_queue(node.name.removesuffix("-dead-letters"))
        elif node.kind in ("lambda/function", "iam/role"):
            function = self._of_role(node)
            mappings = self.graph.of("lambda/eventSourceMapping")
            yield from (
                self._facts_of_queue(queue_of(self.graph, mapping))
                for mapping in mappings
                if self.reader(mapping) is function
            )
        elif queue := queue_of(self.graph, node):
            yield self._facts_of_queue(queue)

    def _api_facts(self, node: Node) -> Iterator[Facts]:
        function = self._of_role(node)
        for integration in self.graph.of("apigatewayv2/integration"):
            if f":{function.called}:" in integration.inputs["integrationUri"]:
                [stage] = self.graph.of("apigatewayv2/stage")
                yield {"api": stage.inputs["apiId"], "stage": stage.called}

    def _facts_of_queue(self, queue: Node | str | None) -> Facts:
        """Return the facts of a queue, given the queue or its name in the stack."""
        name = queue.name if isinstance(queue, Node) else str(queue)
        match = next((candidate for candidate in self.graph.of("sqs/queue") if candidate.name == name), None)
        ages = "events" if match and self._queue_part(match) == "subscriber" else name
        physical_name = match.called if match else f"{self.prefix}{name}"
        return self._common(name, physical_name) | {"ages": ages}

    def _facts(self, node: Node) -> Facts:
        callers = {*self._callers, *map(kebab, own_routes(self.context))}
        return self._common(node.name, node.called) | {
            "arn": str(node.outputs.get("arn", "")),
            "version": str(node.outputs.get("version", "")),
            "timeout": f"{1000 * float(node.inputs.get('timeout', 3)):g}" if node.kind == "lambda/function" else "",
            "group": "callers" if node.name in callers else "background",
        }

    def _common(self, name: str, physical_name: str) -> Facts:
        severity = "critical" if name in _CRITICAL_LETTERS else "warning"
        own = {"prefix": self.prefix.removesuffix("-"), "context": self.context.name}
        letters = dead_letters_of(physical_name)
        return {"name": name, "called": physical_name, "letters": letters, "severity": severity, **own}


def dead_letters_of(owner: str) -> str:
    """Return the name of the dead-letter queue of a queue, or of a function that reads a stream."""
    name = owner.removesuffix(".fifo")
    return f"{name}-dead-letters{owner.removeprefix(name)}"


def queue_of(graph: Graph, edge: Node) -> Node | None:
    """Return the queue that an edge fills or reads, or None."""
    arns = {edge.inputs.get("endpoint"), edge.inputs.get("eventSourceArn"), edge.inputs.get("arn")}
    return next((queue for queue in graph.of("sqs/queue") if queue.arn in arns), None)


def prefix_of(graph: Graph) -> str:
    """Return the beginning of all names of a stack."""
    return f"{graph.one('codedeploy/application').inputs['name']}-"


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
        return frozenset(expected.alarm for expected in self.expected)

    def expects(self, names: Iterable[str]) -> set[str]:
        """Return the names of alarms that are expected of this fault."""
        return {name for name in names if any(expected.is_called(name) for expected in self.expected)}


def derive(graph: Graph, context: Context[Any]) -> list[Fault]:
    """Return all faults of a stack, sorted by kind and target. `context` is the declaration of the stack's context."""
    resources = Resources(graph, context)
    faults = [fault for node in graph.nodes for fault in _of(resources, node)]
    return sorted(faults, key=lambda fault: (KINDS.index(fault.kind), fault.target.name))


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
            return "" if node.arn in {function.inputs["role"] for function in resources.functions.values()} else _ROLE
        case "s3/bucket":
            return _LOST if part == "abandoned batches" else ""
        case "sqs/queue":
            return "" if kind == "deny" or _is_called(resources.graph, node) else _INSIDE
        case "apigatewayv2/route":
            return "" if kind == "repeat" else _CALLER
        case "scheduler/schedule":
            return _NO_ORDER if kind == "reorder" else ""
        case "cloudwatch/eventTarget" if part in ("abandoned batch", "other"):
            return _LOST if part == "abandoned batch" else _OTHER
        case "cloudwatch/eventTarget":
            return "" if resources.graph.of("transfer/server") else _OWN_EVENT
    return ""


def _is_called(graph: Graph, queue: Node) -> bool:
    """Return whether functions send to a queue, or another context's reader, which the run plays, reads it."""
    senders = (statement for _, statement in graph.statements("iam/rolePolicy"))
    sends = any("sqs:SendMessage" in grant["Action"] and queue.arn in grant["Resource"] for grant in senders)
    read = {mapping.inputs["eventSourceArn"] for mapping in graph.of("lambda/eventSourceMapping")}
    filled = {subscription.inputs["endpoint"] for subscription in graph.of("sns/topicSubscription")}
    return sends or (queue.arn in filled and queue.arn not in read)


def metrics_of(alarm: Any) -> Iterator[Any]:
    """Yield the metrics of an alarm, with the names of Pulumi's inputs."""
    if "metricName" in alarm:
        yield alarm
    yield from (query["metric"] for query in alarm.get("metricQueries") or () if query.get("metric"))

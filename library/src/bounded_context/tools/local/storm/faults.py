"""The faults of a stack, derived from its recorded graph, with the alarms that must show each fault."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from ....declaration import measures
from ...programs.graph import Graph, Node

Kind = Literal["kill", "throttle", "repeat", "reorder", "delay", "revoke"]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

EDGES: Final = (
    "lambda/eventSourceMapping",
    "sns/topicSubscription",
    "cloudwatch/eventTarget",
    "scheduler/schedule",
    "apigatewayv2/route",
)
"""The resources that lead from a source of events or requests to a reader."""

_INSIDE: Final = "only the emulator itself writes and reads this queue, and it throttles no call of its own"
_ROLE: Final = "the emulator checks only the permissions of functions"
_LOST: Final = "the emulator retries a batch of a stream without end, and writes no abandoned batch"
_NO_ORDER: Final = "a single request has no order"
_CALLER: Final = "the caller waits for the answer: it defines the order and the time"
_OWN_EVENT: Final = "the bucket itself sends its events, and the run can neither hold nor repeat them"


@dataclass(frozen=True)
class Fault:
    """A fault: its kind, and the function, table, queue, edge or role that it affects.

    `alarms` are the names of alarms, without the stack's prefix, of which one must go off if the fault stops work.
    `untried` is the reason why the embedded AWS cannot show the fault, or empty.
    """

    kind: Kind
    target: Node = field(compare=False)
    alarms: frozenset[str] = frozenset()
    untried: str = ""

    @property
    def name(self) -> str:
        """The kind and the name of the target in the program, such as `kill:relay-events`."""
        return f"{self.kind}:{self.target.name}"


def derive(graph: Graph) -> list[Fault]:
    """Return all faults of a stack, sorted by kind and target."""
    found = [*_of_functions(graph), *_of_stores(graph), *_of_edges(graph), *_of_roles(graph)]
    return sorted(found, key=lambda fault: (KINDS.index(fault.kind), fault.target.name))


def _of_functions(graph: Graph) -> Iterator[Fault]:
    for function in graph.of("lambda/function"):
        yield Fault("kill", function, stops(graph, function))


def _of_stores(graph: Graph) -> Iterator[Fault]:
    for table in graph.of("dynamodb/table"):
        yield Fault("throttle", table, _watching(graph, table.called, "ReadThrottleEvents", "WriteThrottleEvents"))
    for queue in graph.of("sqs/queue"):
        yield Fault("throttle", queue, _watching(graph, queue.called), "" if _called(graph, queue) else _INSIDE)


def _of_edges(graph: Graph) -> Iterator[Fault]:
    for edge in graph.of(*EDGES):
        for kind in ("repeat", "reorder", "delay"):
            yield Fault(kind, edge, _delayed(graph, edge), _untried(graph, edge, kind))


def _of_roles(graph: Graph) -> Iterator[Fault]:
    functions = {function.inputs["role"]: function for function in graph.of("lambda/function")}
    for role in graph.of("iam/role"):
        function = functions.get(role.arn)
        yield Fault("revoke", role, stops(graph, function) if function else frozenset(), "" if function else _ROLE)


def stops(graph: Graph, function: Node) -> frozenset[str]:
    """Return the alarms of which one must go off if a function stops working."""
    name = function.called
    alarms = _watching(graph, name, "Errors") | _watching(graph, name, "IteratorAge")
    for machine in graph.of("sfn/stateMachine"):
        if f":{name}:" in machine.inputs["definition"]:
            alarms |= _watching(graph, machine.arn, "ExecutionsFailed")
    for mapping in graph.of("lambda/eventSourceMapping"):
        if f":{name}:" in mapping.inputs["functionName"]:
            alarms |= _delayed(graph, mapping)
    return alarms


def queue_of(graph: Graph, edge: Node) -> Node | None:
    """Return the queue that an edge fills or reads, or None."""
    arns = {edge.inputs.get("endpoint"), edge.inputs.get("eventSourceArn"), edge.inputs.get("arn")}
    return next((queue for queue in graph.of("sqs/queue") if queue.arn in arns), None)


def _delayed(graph: Graph, edge: Node) -> frozenset[str]:
    """Return the alarms of which one must go off if an edge delivers nothing."""
    if edge.kind == "lambda/eventSourceMapping":
        own = _measured(graph, measures.MAPPINGS_FAILING.name)
    elif edge.kind == "cloudwatch/eventTarget" and ":stateMachine:" in edge.inputs["arn"]:
        own = _measured(graph, measures.UPLOADS_UNSEEN.name)
    elif edge.kind == "scheduler/schedule":
        own = _measured(graph, measures.OLDEST_UNFINISHED.name, measures.UPLOADS_UNSEEN.name)
    else:
        own = frozenset()
    queue = queue_of(graph, edge)
    return own | (_of_queue(graph, queue) if queue else frozenset())


def _of_queue(graph: Graph, queue: Node) -> frozenset[str]:
    """Return the alarms on a queue and on its dead letters."""
    return _watching(graph, queue.called) | _watching(graph, f"{queue.called}-dead-letters")


def _untried(graph: Graph, edge: Node, kind: Kind) -> str:
    if edge.kind == "apigatewayv2/route":
        return "" if kind == "repeat" else _CALLER
    if edge.kind == "scheduler/schedule":
        return _NO_ORDER if kind == "reorder" else ""
    if edge.kind != "cloudwatch/eventTarget":
        return ""
    if ":stateMachine:" not in edge.inputs["arn"]:
        return _LOST
    return "" if graph.of("transfer/server") else _OWN_EVENT


def _called(graph: Graph, queue: Node) -> bool:
    """Return whether functions send to a queue, or another context's reader, which the run plays, reads it."""
    senders = (statement for _, statement in graph.statements("iam/rolePolicy"))
    sends = any("sqs:SendMessage" in one["Action"] and queue.arn in one["Resource"] for one in senders)
    read = {mapping.inputs["eventSourceArn"] for mapping in graph.of("lambda/eventSourceMapping")}
    filled = {subscription.inputs["endpoint"] for subscription in graph.of("sns/topicSubscription")}
    return sends or (queue.arn in filled and queue.arn not in read)


def _watching(graph: Graph, value: str, *names: str) -> frozenset[str]:
    """Return the notifying alarms on a metric with this value of a dimension, and on no metric of another name."""
    return _alarms(graph, names, lambda metric: value in (metric.get("dimensions") or {}).values())


def _measured(graph: Graph, *names: str) -> frozenset[str]:
    return _alarms(graph, names, lambda _: True)


def _alarms(graph: Graph, names: Collection[str], watches: Callable[[Any], bool]) -> frozenset[str]:
    prefix = prefix_of(graph)
    alarms = {alarm.called.removeprefix(prefix): alarm.inputs for alarm in graph.of("cloudwatch/metricAlarm")}
    metrics = {name: list(metrics_of(alarm)) for name, alarm in alarms.items() if alarm.get("alarmActions")}
    return frozenset(
        name
        for name, watched in metrics.items()
        if any(map(watches, watched)) and (not names or {one["metricName"] for one in watched} <= set(names))
    )


def metrics_of(alarm: Any) -> Iterator[Any]:
    """Yield the metrics of an alarm, with the names of Pulumi's inputs."""
    if "metricName" in alarm:
        yield alarm
    yield from (query["metric"] for query in alarm.get("metricQueries") or () if query.get("metric"))


def prefix_of(graph: Graph) -> str:
    """Return the beginning of all names of a stack."""
    return f"{graph.one('codedeploy/application').inputs['name']}-"

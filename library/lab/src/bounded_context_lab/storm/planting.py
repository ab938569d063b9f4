"""The planting and the lifting of each kind of fault on a running stack."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from threading import Event
from typing import Any, Final

import psutil

from bounded_context_cli.programs import Node
from bounded_context_local.observation.logs import Sample
from bounded_context_local.provider.creation import as_list
from bounded_context_local.stand_ins import Response

from .deliveries import (
    NotReached,
    PlayedMapping,
    Trial,
    forbidden_queue,
    mapping_edge,
    queue_edge,
    reader_stopped,
    route_edge,
    ruled,
    schedule_edge,
    spoiled,
    target_edge,
)
from .expected_alarms import Kind
from .faults import Fault
from .interception import KEY_USERS, Forward, Intercepted, briefly, partly, refusal, refuses, rejection

_POLICY: Final = "storm"
_WRITES: Final = ("Put", "Update", "Delete", "Transact", "BatchWrite", "PartiQLInsert")


@contextmanager
def planted(fault: Fault, trial: Trial) -> Iterator[None]:
    """Plant a fault, and lift it at the end of the block. Raises NotReached if the load cannot reach it."""
    with _PLANTS[fault.kind, fault.target.kind](fault.target, trial):
        yield


@contextmanager
def _killed(function: Node, trial: Trial) -> Iterator[None]:
    """Kill the process of a function once, before or after one of its calls of AWS."""
    actions = trial.interception.actions.get(function.called, set())
    if not actions:
        raise NotReached("the load causes no call of AWS by this function")
    writes = [action for action in sorted(actions) if action.partition(":")[2].startswith(_WRITES)]
    dice = trial.dice
    action, after, killed = dice.choice(writes or sorted(actions)), dice.random() < 0.5, list[int]()

    def rule(call: Intercepted, forward: Forward) -> Response:
        if killed or (call.function, call.action) != (function.called, action):
            return forward()
        killed.append(0)
        response = forward() if after else rejection("Killed", "")
        killed[0] = _kill(call.request.port)
        return response

    trial.reached = lambda: killed
    with ruled(trial.interception, rule):
        yield


def _kill(port: int) -> int:
    """Kill the descendant of this process that has a connection from a port; return its id, or 0."""
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if any(
                connection.laddr.port == port and connection.raddr for connection in process.net_connections("tcp4")
            ):
                os.kill(process.pid, signal.SIGKILL)
                return process.pid
    return 0


@contextmanager
def _refused(kind: Kind, target: Node, trial: Trial) -> Iterator[None]:
    """Throttle or deny all calls of functions to a service's resource, or let entries of batches fail."""
    writes, reads = refuses(trial.seed), briefly(refuses(trial.seed))

    def rule(call: Intercepted, forward: Forward) -> Response:
        service, of_key = call.action.partition(":")[0], target.kind == "kms/key"
        if not (service in KEY_USERS if of_key else _is_about(call, service, target, trial)):
            return forward()
        if kind == "refuse":
            fails = reads if call.action == "dynamodb:BatchGetItem" else writes
            response, number = partly(call.request, forward, fails)
        else:
            response, number = refusal(kind, service, of_key=of_key), 1
        if response is None or not number:
            return response or forward()
        trial.refused.append(call.function)
        trial.samples.extend(_metrics(kind, call, target))
        return response._replace(body=b"") if call.request.method == "HEAD" else response

    trial.reached = lambda: trial.refused
    with _played(_publishers(target, trial), trial), ruled(trial.interception, rule):
        yield


def _publishers(target: Node, trial: Trial) -> list[Node]:
    """Return the functions that publish to a topic, or to any topic of a key."""
    topics = {"sns/topic": [target], "kms/key": trial.graph.of("sns/topic")}.get(target.kind, [])
    return [function for topic in topics for function in trial.resources.users(topic)]


@contextmanager
def _played(functions: Sequence[Node], trial: Trial) -> Iterator[None]:
    """Play the stream's mappings of functions until the end of the block."""
    with ExitStack() as lasting:
        for mapping in trial.graph.stream_readers():
            if trial.resources.reader(mapping) in functions:
                lasting.enter_context(PlayedMapping(mapping, trial).playing())
        yield


_SERVICES: Final = {"dynamodb/table": "dynamodb", "sns/topic": "sns", "s3/bucket": "s3", "sfn/stateMachine": "states"}


def _is_about(call: Intercepted, service: str, target: Node, trial: Trial) -> bool:
    """Return whether a call affects a resource. Functions call one resource of each service, except for S3."""
    bucket = call.request.path.partition("?")[0].strip("/").partition("/")[0]
    return service == _SERVICES[target.kind] and (service != "s3" or bucket == trial.running.outputs["inbox_bucket"])


def _metrics(kind: Kind, call: Intercepted, target: Node) -> Iterator[Sample]:
    """Yield the metrics that AWS writes for a refused call: the throttle events of a table."""
    if target.kind == "dynamodb/table" and kind != "deny":
        name = "Write" if call.action.partition(":")[2].startswith(_WRITES) else "Read"
        yield Sample("AWS/DynamoDB", f"{name}ThrottleEvents", {"TableName": target.called}, "Count", time.time(), 1)


@contextmanager
def _hanging(function: Node, trial: Trial) -> Iterator[None]:
    """Let each call of one action by a function hang until the end of the block."""
    actions = sorted(trial.interception.actions.get(function.called, set()))
    if not actions:
        raise NotReached("the load causes no call of AWS by this function")
    action, lifted, hanging = trial.dice.choice(actions), Event(), list[str]()

    def rule(call: Intercepted, forward: Forward) -> Response:
        if (call.function, call.action) == (function.called, action):
            hanging.append(action)
            lifted.wait()
        return forward()

    trial.reached = lambda: hanging
    with _played([function], trial):
        try:
            with ruled(trial.interception, rule):
                yield
        finally:
            lifted.set()


@contextmanager
def _throttled_queue(kind: Kind, queue: Node, trial: Trial) -> Iterator[None]:
    """Throttle the calls of functions to a queue or the reads of its subscriber, or let entries of batches fail."""
    if any(subscriber.url.endswith(f"/{queue.called}") for subscriber in trial.running.subscribers):
        with reader_stopped(queue, trial):
            yield
        return
    refused, trial.bad_event, fails = list[str](), True, refuses(trial.seed)

    def rule(call: Intercepted, forward: Forward) -> Response:
        if not call.action.startswith("sqs:") or queue.called.encode() not in call.request.body:
            return forward()
        thrown = refusal("throttle", "sqs") if kind == "throttle" else None
        response, number = (thrown, 1) if thrown else partly(call.request, forward, fails)
        refused.extend([call.action] * number)
        return response

    trial.reached = lambda: refused
    with ruled(trial.interception, rule):
        yield


@contextmanager
def _revoked(role: Node, trial: Trial) -> Iterator[None]:
    """Deny a role one of the actions that it allows and that the load uses."""
    statements = [
        grant for node, grant in trial.graph.statements("iam/rolePolicy") if node.inputs["role"] == role.called
    ]
    allowed = {action for grant in statements if grant["Effect"] == "Allow" for action in as_list(grant["Action"])}
    used = sorted(allowed & trial.interception.actions.get(role.called, set()))
    if not used:
        raise NotReached("the load uses no action of this role that the emulator checks")
    action, before = trial.dice.choice(used), trial.interception.denied
    trial.reached = lambda: trial.interception.denied > before
    statement = {"Effect": "Deny", "Action": action, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam = partial(trial.running.aws.call, "iam", RoleName=role.called, PolicyName=_POLICY)
    iam("put_role_policy", PolicyDocument=document)
    try:
        yield
    finally:
        iam("delete_role_policy")


_Plant = Callable[[Node, Trial], Any]
_DELIVERIES: Final[tuple[Kind, ...]] = ("repeat", "reorder", "delay")
_REFUSALS: Final[tuple[Kind, ...]] = ("throttle", "refuse", "deny")
_WHOLE: Final[tuple[Kind, ...]] = ("throttle", "deny")

_PLANTS: Final[Mapping[tuple[Kind, str], _Plant]] = {
    ("kill", "lambda/function"): _killed,
    ("hang", "lambda/function"): _hanging,
    **{(kind, "dynamodb/table"): partial(_refused, kind) for kind in _REFUSALS},
    **{(kind, "sns/topic"): partial(_refused, kind) for kind in _REFUSALS},
    **{
        (kind, target): partial(_refused, kind)
        for kind in _WHOLE
        for target in ("s3/bucket", "sfn/stateMachine", "kms/key")
    },
    ("throttle", "sqs/queue"): partial(_throttled_queue, "throttle"),
    ("refuse", "sqs/queue"): partial(_throttled_queue, "refuse"),
    ("deny", "sqs/queue"): forbidden_queue,
    ("spoil", "lambda/eventSourceMapping"): spoiled,
    ("revoke", "iam/role"): _revoked,
    **{
        (kind, target): partial(plant, kind)
        for kind in _DELIVERIES
        for target, plant in (
            ("lambda/eventSourceMapping", mapping_edge),
            ("sns/topicSubscription", queue_edge),
            ("cloudwatch/eventTarget", target_edge),
            ("scheduler/schedule", schedule_edge),
            ("apigatewayv2/route", route_edge),
        )
    },
}

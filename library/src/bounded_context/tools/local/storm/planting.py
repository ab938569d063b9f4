"""The planting and the lifting of each kind of fault on a running stack."""

import json
import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import psutil

from ...programs.graph import Graph, Node
from ...repair.redrive.reader_mapping import ReaderMapping
from ..actors import transfer_events
from ..actors.caller import invoke
from ..actors.sftp_partner import SftpPartner
from ..actors.subscriber import Subscriber
from ..observation.samples import Sample
from ..provider.adaptations import EMULATORS_ACTIONS, as_list
from ..running.context import RunningContext
from ..stand_ins.http_server import Response
from ..stand_ins.point_in_time import changes
from ..uploads import Upload
from .faults import Fault, Kind, queue_of
from .interception import Forward, Intercepted, Interception, forwarded, rejection

_POLICY: Final = "storm"
_WRITES: Final = ("Put", "Update", "Delete", "Transact", "BatchWrite", "PartiQLInsert")
_AT_ONCE: Final = 10


class NotReached(Exception):
    """The load never reaches the target of the fault; the message has the reason."""


@dataclass
class Trial:
    """The trial of one fault: the stack, and the changes of the load that the fault requires.

    Attributes:
        seed: the seed of all choices.
        announce: causes the events of stored uploads; None if an upload causes its event at once.
        twice: a function whose callers send each request two times.
        schedules: the number of calls of each scheduled function at a time.
        bad_event: whether an event of another context is malformed.
        broken: whether the uploads broke off, so that no list is recorded.
        samples: the metrics that AWS would have written about the fault.
        reached: returns whether the fault has affected a call.
    """

    running: RunningContext
    interception: Interception
    graph: Graph
    seed: int
    announce: Callable[[list[Upload]], None] | None = None
    twice: str = ""
    schedules: dict[str, int] = field(default_factory=dict)
    bad_event: bool = False
    broken: bool = False
    samples: list[Sample] = field(default_factory=list)
    reached: Callable[[], object] = lambda: True

    @property
    def dice(self) -> random.Random:
        """A source of choices that is the same for the same seed."""
        return random.Random(self.seed)  # noqa: S311  choices, not secrets

    def function_named(self, called: str) -> str:
        """Return the name in the code of a function, by its name on AWS or its ARN."""
        name = called.split(":")[6] if called.startswith("arn:") else called
        return next(one.name for one in self.graph.of("lambda/function") if one.called == name).replace("-", "_")


@contextmanager
def planted(fault: Fault, trial: Trial) -> Iterator[None]:
    """Plant a fault, and lift it at the end of the block. Raises NotReached if the load cannot reach it."""
    with _PLANTS[fault.kind, fault.target.kind](fault.target, trial):
        yield


@contextmanager
def _killed(function: Node, trial: Trial) -> Iterator[None]:
    """Kill the process of a function once, before or after one of its calls of AWS."""
    seen = trial.interception.actions.get(function.called, set())
    if not seen:
        raise NotReached("the load causes no call of AWS by this function")
    writes = [action for action in sorted(seen) if action.partition(":")[2].startswith(_WRITES)]
    dice = trial.dice
    action, after, killed = dice.choice(writes or sorted(seen)), dice.random() < 0.5, list[int]()

    def rule(call: Intercepted, forward: Forward) -> Response:
        if killed or (call.function, call.action) != (function.called, action):
            return forward()
        killed.append(0)
        response = forward() if after else rejection("Killed", "")
        killed[0] = _kill(call.request.port)
        return response

    trial.reached = lambda: killed
    with _rule(trial.interception, rule):
        yield


def _kill(port: int) -> int:
    """Kill the descendant of this process that has a connection from a port; return its id, or 0."""
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if any(one.laddr.port == port and one.raddr for one in process.net_connections("tcp4")):
                os.kill(process.pid, signal.SIGKILL)
                return process.pid
    return 0


@contextmanager
def _rule(interception: Interception, rule: Callable[[Intercepted, Forward], Response]) -> Iterator[None]:
    interception.rule = rule
    try:
        yield
    finally:
        interception.rule = forwarded


@contextmanager
def _throttled_table(table: Node, trial: Trial) -> Iterator[None]:
    """Throttle all calls of functions to the table, and write DynamoDB's metrics."""

    def rule(call: Intercepted, forward: Forward) -> Response:
        if not call.action.startswith("dynamodb:"):
            return forward()
        kind = "Write" if call.action.partition(":")[2].startswith(_WRITES) else "Read"
        dimensions = {"TableName": table.called}
        trial.samples.append(Sample("AWS/DynamoDB", f"{kind}ThrottleEvents", dimensions, "Count", time.time(), 1))
        return rejection("ProvisionedThroughputExceededException", "The storm throttles the table.")

    trial.reached = lambda: trial.samples
    with _rule(trial.interception, rule):
        yield


@contextmanager
def _throttled_queue(queue: Node, trial: Trial) -> Iterator[None]:
    """Throttle the calls of functions to a queue, or the reads of its subscriber."""
    if any(subscriber.url.endswith(f"/{queue.called}") for subscriber in trial.running.subscribers):
        with _reader_stopped(queue, trial):
            yield
        return
    throttled, trial.bad_event = list[str](), True

    def rule(call: Intercepted, forward: Forward) -> Response:
        if not call.action.startswith("sqs:") or queue.called.encode() not in call.request.body:
            return forward()
        throttled.append(call.action)
        return rejection("RequestThrottled", "The storm throttles the queue.")

    trial.reached = lambda: throttled
    with _rule(trial.interception, rule):
        yield


@contextmanager
def _revoked(role: Node, trial: Trial) -> Iterator[None]:
    """Deny a role one of the actions that it allows and that the load uses."""
    statements = [one for node, one in trial.graph.statements("iam/rolePolicy") if node.inputs["role"] == role.called]
    allowed = {action for one in statements if one["Effect"] == "Allow" for action in as_list(one["Action"])}
    used = sorted(allowed & trial.interception.actions.get(role.called, set()))
    if not used:
        raise NotReached("the load uses no action of this role that the emulator checks")
    action, before = trial.dice.choice(used), trial.interception.denied
    trial.reached = lambda: trial.interception.denied > before
    denied = [action, *([EMULATORS_ACTIONS[action]] if action in EMULATORS_ACTIONS else [])]
    statement = {"Effect": "Deny", "Action": denied, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam = partial(trial.running.aws.call, "iam", RoleName=role.called, PolicyName=_POLICY)
    iam("put_role_policy", PolicyDocument=document)
    try:
        yield
    finally:
        iam("delete_role_policy")


@contextmanager
def _queue_edge(kind: Kind, edge: Node, trial: Trial) -> Iterator[None]:
    """Stop the reader of a queue. At the end, repeat or reorder its messages, and start the reader."""
    queue = queue_of(trial.graph, edge)
    if queue is None:
        raise NotReached("the edge leads to no queue")
    with _reader_stopped(queue, trial) as url:
        yield
        messages = [] if kind == "delay" else _messages(trial.running, url)
        for message in messages:
            if kind == "reorder":
                _sqs(trial.running, "delete_message", url, ReceiptHandle=message["ReceiptHandle"])
        if kind == "reorder":
            trial.dice.shuffle(messages)
        for message in messages:
            attributes = {name: _sent(value) for name, value in message.get("MessageAttributes", {}).items()}
            _sqs(trial.running, "send_message", url, MessageBody=message["Body"], MessageAttributes=attributes)


def _sent(attribute: Mapping[str, Any]) -> dict[str, Any]:
    return {name: attribute[name] for name in ("DataType", "StringValue", "BinaryValue") if name in attribute}


def _messages(running: RunningContext, url: str) -> list[dict[str, Any]]:
    """Return the waiting messages of a queue, which are visible again after a second."""
    found: list[dict[str, Any]] = []
    wanted = {"MaxNumberOfMessages": _AT_ONCE, "MessageAttributeNames": ["All"], "VisibilityTimeout": 1}
    while batch := _sqs(running, "receive_message", url, **wanted).get("Messages"):
        found += batch
    return found


def _sqs(running: RunningContext, operation: str, url: str, **parameters: Any) -> dict[str, Any]:
    return running.aws.call("sqs", operation, QueueUrl=url, **parameters)


@contextmanager
def _reader_stopped(queue: Node, trial: Trial) -> Iterator[str]:
    """Stop the reader of a queue until the end of the block: the run's subscriber, or the mapping of a function."""
    running = trial.running
    for place, subscriber in enumerate(running.subscribers):
        if subscriber.url.endswith(f"/{queue.called}"):
            subscriber.stop()
            try:
                yield subscriber.url
            finally:
                running.subscribers[place] = _continued(running, subscriber)
            return
    mappings = {one.inputs["eventSourceArn"]: one for one in trial.graph.of("lambda/eventSourceMapping")}
    with _mapping_stopped(mappings[queue.arn], trial):
        yield running.outputs["inbound_queue"]


def _continued(running: RunningContext, stopped: Subscriber) -> Subscriber:
    """Return a reader of the same queue, which has the events of the stopped reader."""
    reader = Subscriber(running.aws, stopped.name, stopped.url)
    reader.take_over(stopped)
    return reader


@contextmanager
def _mapping_stopped(mapping: Node, trial: Trial) -> Iterator[None]:
    identity = trial.running.deployment.resources[f"{mapping.type} {mapping.name}"]
    update = partial(trial.running.aws.call, "lambda", "update_event_source_mapping", UUID=identity)
    update(Enabled=False)
    try:
        yield
    finally:
        update(Enabled=True)


@contextmanager
def _mapping_edge(kind: Kind, mapping: Node, trial: Trial) -> Iterator[None]:
    """Stop a mapping. At the end, deliver the records of its stream by another way first, and start the mapping."""
    if queue_of(trial.graph, mapping):
        with _queue_edge(kind, mapping, trial):
            yield
        return
    known = len(list(changes(trial.running.aws, trial.running.table.name)))
    with _mapping_stopped(mapping, trial):
        yield
        if kind != "delay":
            records = list(changes(trial.running.aws, trial.running.table.name))[known:]
            _deliver(trial, mapping, _mixed(records, trial.dice) if kind == "reorder" else records)


def _mixed(records: Sequence[dict[str, Any]], dice: random.Random) -> list[dict[str, Any]]:
    """Return the records in another order, in which the records of each item keep theirs, as in shards of a stream."""
    by_item: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        by_item.setdefault(str(record["dynamodb"]["Keys"]), []).append(record)
    keys = [key for key, own in by_item.items() for _ in own]
    dice.shuffle(keys)
    return [by_item[key].pop(0) for key in keys]


def _deliver(trial: Trial, mapping: Node, records: Sequence[dict[str, Any]]) -> None:
    """Invoke the function of a mapping with the records that its filter selects."""
    alias = trial.running.outputs["functions"][trial.function_named(mapping.inputs["functionName"])]
    reader = ReaderMapping.of(trial.running.aws.client("lambda"), alias)
    selected = [event for event in map(_as_event, records) if reader.selects(event)]
    for start in range(0, len(selected), reader.batch_size):
        invoke(trial.running.aws, alias, {"Records": selected[start : start + reader.batch_size]})


def _as_event(record: dict[str, Any]) -> dict[str, Any]:
    change = dict(record["dynamodb"])
    change["ApproximateCreationDateTime"] = change["ApproximateCreationDateTime"].timestamp()
    return {**record, "dynamodb": change}


@contextmanager
def _target_edge(kind: Kind, edge: Node, trial: Trial) -> Iterator[None]:
    """Announce uploads twice, in another order, or late."""
    partner, held = trial.running.partner, list[Upload]()
    if not isinstance(partner, SftpPartner):
        raise NotReached("the bucket sends its events itself")
    announce = partial(_announced, partner, edge.name)

    def announced(uploads: list[Upload]) -> None:
        held.extend(uploads)
        for upload in uploads if kind == "repeat" else ():
            announce(upload)

    trial.announce, trial.broken = announced, edge.name == "upload-failed"
    yield
    for upload in reversed(held) if kind == "reorder" else held:
        announce(upload)


def _announced(partner: SftpPartner, edge: str, upload: Upload) -> None:
    """Send the event of an upload over one of the rules."""
    if edge == "rename-completed":
        detail = {**partner.detail_of(upload), "original-file-path": f"{upload.path}.filepart"}
        detail = {key: value for key, value in detail.items() if key not in ("file-path", "bytes", "etag")}
        partner.send(transfer_events.RENAMED, {**detail, "renamed-file-path": upload.path})
    else:
        partner.announce(upload, transfer_events.FAILED if edge == "upload-failed" else transfer_events.COMPLETED)


@contextmanager
def _schedule_edge(kind: Kind, edge: Node, trial: Trial) -> Iterator[None]:
    """Call a schedule's function twice or never."""
    trial.schedules = {trial.function_named(edge.inputs["target"]["arn"]): {"repeat": 2, "delay": 0}[kind]}
    yield


@contextmanager
def _route_edge(_: Kind, route: Node, trial: Trial) -> Iterator[None]:
    trial.twice = route.name.replace("-", "_")
    yield


_Plant = Callable[[Node, Trial], Any]
_DELIVERIES: Final[tuple[Kind, ...]] = ("repeat", "reorder", "delay")

_PLANTS: Final[Mapping[tuple[Kind, str], _Plant]] = {
    ("kill", "lambda/function"): _killed,
    ("throttle", "dynamodb/table"): _throttled_table,
    ("throttle", "sqs/queue"): _throttled_queue,
    ("revoke", "iam/role"): _revoked,
    **{
        (kind, target): partial(plant, kind)
        for kind in _DELIVERIES
        for target, plant in (
            ("lambda/eventSourceMapping", _mapping_edge),
            ("sns/topicSubscription", _queue_edge),
            ("cloudwatch/eventTarget", _target_edge),
            ("scheduler/schedule", _schedule_edge),
            ("apigatewayv2/route", _route_edge),
        )
    },
}

"""Faults of deliveries: repeated, reordered, delayed, denied and unreadable events and requests."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Self
from uuid import uuid4

from botocore.exceptions import ClientError

from bounded_context_cli.programs import Graph, Node
from bounded_context_local.actors.caller import invoke
from bounded_context_local.actors.partner import COMPLETED, FAILED, RENAMED, SftpPartner
from bounded_context_local.actors.subscriber import Subscriber
from bounded_context_local.emulator.aws import UNANSWERED
from bounded_context_local.emulator.clock import repeated
from bounded_context_local.observation.logs import Sample
from bounded_context_local.running.context import RunningContext
from bounded_context_local.stack_state import Upload, changes
from bounded_context_operations.repair.redrive.stream import ReaderMapping

from .expected_alarms import MAPPINGS, Kind
from .faults import Resources, dead_letters_of, queue_of
from .interception import Interception, Rule, forwarded


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
        broken: whether the uploads broke off, so no list is recorded.
        samples: the metrics that AWS would have written about the fault.
        lost: a text for each failure of the fault's target to treat the fault as documented.
        refused: the function of each call that the fault has refused, whole or in part.
        caused: alarms that the run itself sets off, because it plays a part of AWS.
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
    lost: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    caused: set[str] = field(default_factory=set)
    reached: Callable[[], object] = lambda: True

    @property
    def dice(self) -> random.Random:
        """A source of choices that is the same for the same seed."""
        return random.Random(self.seed)  # noqa: S311  choices, not secrets

    @property
    def resources(self) -> Resources:
        """The parts of the stack's resources."""
        return Resources(self.graph, self.running.context)

    def function_named(self, physical_name: str) -> str:
        """Return the name in the code of a function, by its name on AWS or its ARN."""
        name = physical_name.split(":")[6] if physical_name.startswith("arn:") else physical_name
        return next(function.name for function in self.graph.of("lambda/function") if function.called == name).replace(
            "-", "_"
        )


@contextmanager
def ruled(interception: Interception, rule: Rule) -> Iterator[None]:
    """Let a rule answer the calls of functions until the end of the block."""
    interception.rule = rule
    try:
        yield
    finally:
        interception.rule = forwarded


_AT_ONCE: Final = 10


@contextmanager
def queue_edge(kind: Kind, edge: Node, trial: Trial) -> Iterator[None]:
    """Stop the reader of a queue. At the end, repeat or reorder its messages, and start the reader."""
    queue = queue_of(trial.graph, edge)
    if queue is None:
        raise NotReached("the edge leads to no queue")
    trial.caused |= {MAPPINGS.alarm} if edge.kind == "sns/topicSubscription" else set()
    with reader_stopped(queue, trial) as url:
        yield
        messages = [] if kind == "delay" else _messages(trial.running, url)
        for message in messages:
            if kind == "reorder":
                _sqs(trial.running, "delete_message", url, ReceiptHandle=message["ReceiptHandle"])
        if kind == "reorder":
            trial.dice.shuffle(messages)
        for message in messages:
            _send(trial.running, url, message)


def _send(running: RunningContext, url: str, message: Mapping[str, Any]) -> None:
    attributes = {name: _attribute(value) for name, value in message.get("MessageAttributes", {}).items()}
    group = message.get("Attributes", {}).get("MessageGroupId") if url.endswith(".fifo") else None
    ordered = {"MessageGroupId": group, "MessageDeduplicationId": uuid4().hex} if group else {}
    _sqs(running, "send_message", url, MessageBody=message["Body"], MessageAttributes=attributes, **ordered)


def _attribute(attribute: Mapping[str, Any]) -> dict[str, Any]:
    return {name: attribute[name] for name in ("DataType", "StringValue", "BinaryValue") if name in attribute}


def _messages(running: RunningContext, url: str) -> list[dict[str, Any]]:
    """Return the waiting messages of a queue, which are visible again after a second."""
    visible_messages: list[dict[str, Any]] = []
    names = {"MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["MessageGroupId"]}
    options = {"MaxNumberOfMessages": _AT_ONCE, **names, "VisibilityTimeout": 1}
    while batch := _sqs(running, "receive_message", url, **options).get("Messages"):
        visible_messages += batch
    return visible_messages


def _sqs(running: RunningContext, operation: str, url: str, **parameters: Any) -> dict[str, Any]:
    return running.aws.call("sqs", operation, QueueUrl=url, **parameters)


@contextmanager
def reader_stopped(queue: Node, trial: Trial) -> Iterator[str]:
    """Stop the reader of a queue until the end of the block: the run's subscriber, or the mapping of a function."""
    running = trial.running
    for place, subscriber in enumerate(running.subscribers):
        if subscriber.url.endswith(f"/{queue.called}"):
            subscriber.stop()
            try:
                yield subscriber.url
            finally:
                running.subscribers[place] = _continue_reading(running, subscriber)
            return
    mappings = {mapping.inputs["eventSourceArn"]: mapping for mapping in trial.graph.of("lambda/eventSourceMapping")}
    with _mapping_stopped(mappings[queue.arn], trial):
        yield running.outputs["inbound_queue"]


def _continue_reading(running: RunningContext, stopped: Subscriber) -> Subscriber:
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
def mapping_edge(kind: Kind, mapping: Node, trial: Trial) -> Iterator[None]:
    """Stop a mapping. At the end, deliver the records of its stream by another way first, and start the mapping."""
    if queue_of(trial.graph, mapping):
        with queue_edge(kind, mapping, trial):
            yield
        return
    before = len(list(changes(trial.running.aws, trial.running.table.name)))
    with _mapping_stopped(mapping, trial):
        yield
        if kind != "delay":
            records = list(changes(trial.running.aws, trial.running.table.name))[before:]
            _deliver(trial, mapping, _mix(records, trial.dice) if kind == "reorder" else records)


def _mix(records: Sequence[dict[str, Any]], dice: random.Random) -> list[dict[str, Any]]:
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
def target_edge(kind: Kind, edge: Node, trial: Trial) -> Iterator[None]:
    """Announce uploads twice, in another order, or late."""
    partner, late_uploads = trial.running.partner, list[Upload]()
    if not isinstance(partner, SftpPartner):
        raise NotReached("the bucket sends its events itself")
    announce = partial(_announce, partner, edge.name)

    def announced(uploads: list[Upload]) -> None:
        late_uploads.extend(uploads)
        for upload in uploads if kind == "repeat" else ():
            announce(upload)

    trial.announce, trial.broken = announced, edge.name == "upload-failed"
    yield
    for upload in reversed(late_uploads) if kind == "reorder" else late_uploads:
        announce(upload)


def _announce(partner: SftpPartner, edge: str, upload: Upload) -> None:
    """Send the event of an upload over one of the rules."""
    if edge == "rename-completed":
        detail = {**partner.detail_of(upload), "original-file-path": f"{upload.path}.filepart"}
        detail = {key: value for key, value in detail.items() if key not in ("file-path", "bytes", "etag")}
        partner.send(RENAMED, {**detail, "renamed-file-path": upload.path})
    else:
        partner.announce(upload, FAILED if edge == "upload-failed" else COMPLETED)


@contextmanager
def schedule_edge(kind: Kind, edge: Node, trial: Trial) -> Iterator[None]:
    """Call a schedule's function twice or never."""
    trial.schedules = {trial.function_named(edge.inputs["target"]["arn"]): {"repeat": 2, "delay": 0}[kind]}
    yield


@contextmanager
def route_edge(_: Kind, route: Node, trial: Trial) -> Iterator[None]:
    """Let the callers of a route send each request two times."""
    trial.twice = route.name.replace("-", "_")
    yield


@contextmanager
def forbidden_queue(queue: Node, trial: Trial) -> Iterator[None]:
    """Deliver no message to a queue, as if its policy denied SNS: SNS moves each message to the dead letters at once.

    The emulator does not check queue policies, so the run moves the messages.
    """
    trial.caused.add(MAPPINGS.alarm)
    with reader_stopped(queue, trial) as url:
        letters = trial.running.aws.call("sqs", "get_queue_url", QueueName=dead_letters_of(queue.called))["QueueUrl"]
        move = partial(_move, trial.running, url, letters)
        with repeated("queue policy", 1.0, move):
            yield
        move()


def _move(running: RunningContext, url: str, letters: str) -> None:
    for message in _messages(running, url):
        _sqs(running, "delete_message", url, ReceiptHandle=message["ReceiptHandle"])
        _send(running, letters, message)


@contextmanager
def _spoiled_queue(_: Node, trial: Trial) -> Iterator[None]:
    """Let another context publish a malformed event."""
    if not trial.running.neighbours:
        raise NotReached("no other context sends events")
    trial.bad_event = True
    yield


@contextmanager
def spoiled(mapping: Node, trial: Trial) -> Iterator[None]:
    """Put an unreadable record or message before the reader of a mapping."""
    is_stream = trial.resources.part(mapping) == "stream"
    with (_spoiled_stream if is_stream else _spoiled_queue)(mapping, trial):
        yield


@contextmanager
def _spoiled_stream(mapping: Node, trial: Trial) -> Iterator[None]:
    """Put an unreadable record before a reader of a stream."""
    with PlayedMapping(mapping, trial, is_spoiled=True).playing() as played:
        trial.reached = lambda: played.spoiled
        yield


class PlayedMapping:
    """The run in place of a stream's event source mapping: the emulator ignores the failed items of a stream's batch.

    Lambda continues at the first failed item, or repeats a failed batch (Lambda developer guide, "Configuring partial
    batch response with DynamoDB and Lambda"). Afterwards, the emulator's mapping delivers all records again. A function
    that publishes events loses an event on AWS if it passes an unreadable record or a refused event.

    Attributes:
        spoiled: the number of the record that is unreadable, or empty.
        skipped: whether the function passed the unreadable record or a refused event.
    """

    def __init__(self, mapping: Node, trial: Trial, *, is_spoiled: bool = False) -> None:
        """Begin at the stream's end. With `is_spoiled`, the first delivered record is unreadable."""
        self._mapping, self._trial, self._is_spoiled = mapping, trial, is_spoiled
        self._function = trial.resources.reader(mapping).called
        self._alias = trial.running.outputs["functions"][trial.function_named(mapping.inputs["functionName"])]
        self._reader = ReaderMapping.of(trial.running.aws.client("lambda"), self._alias)
        self._position, self._since = len(self._records(0)), 0.0
        self.spoiled, self.skipped = "", False

    @contextmanager
    def playing(self) -> Iterator[Self]:
        """Deliver the new records until the end of the block."""
        self._trial.caused.add(MAPPINGS.alarm)
        with _mapping_stopped(self._mapping, self._trial), repeated("event source mapping", 0.5, self._attempt):
            yield self
        resources = self._trial.resources
        reader = resources.reader(self._mapping)
        if self.skipped and any(reader in resources.users(topic) for topic in self._trial.graph.of("sns/topic")):
            self._trial.lost.append(f"{reader.name} passes a change whose event was not published")

    def _records(self, start: int) -> list[dict[str, Any]]:
        return list(changes(self._trial.running.aws, self._trial.running.table.name))[start:]

    def _attempt(self) -> None:
        with suppress(ClientError, *UNANSWERED):
            self._deliver()

    def _deliver(self) -> None:
        events = [_as_event(record) for record in self._records(self._position)]
        selected = [event for event in events if self._reader.selects(event)][: self._reader.batch_size]
        failed = self._first_failed([self._payload(event) for event in selected]) if selected else None
        last = failed or (selected[-1] if len(selected) == self._reader.batch_size else None)
        index = next((place for place, event in enumerate(events) if last and _number(event) == _number(last)), None)
        self._position += len(events) if index is None else index + (failed is None)
        self.skipped |= bool(self.spoiled) and (failed is None or _number(failed) != self.spoiled)
        self._measure(failed is not None)

    def _payload(self, event: dict[str, Any]) -> dict[str, Any]:
        if self._is_spoiled:
            self.spoiled = self.spoiled or _number(event)
        return _as_unreadable(event) if _number(event) == self.spoiled else event

    def _first_failed(self, events: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
        """Invoke the function; return the first failed event."""
        refused = self._trial.refused.count(self._function)
        call = invoke(self._trial.running.aws, self._alias, {"Records": list(events)})
        if call.failed:
            return events[0]
        numbers = {failure["itemIdentifier"] for failure in (call.answer or {}).get("batchItemFailures", ())}
        is_lifted = self._trial.interception.rule is forwarded
        self.skipped |= not (numbers or is_lifted) and self._trial.refused.count(self._function) > refused
        return next((event for event in events if _number(event) in numbers), None)

    def _measure(self, is_behind: bool) -> None:
        """Write the age of the first failed record, as Lambda does after each attempt."""
        now = time.time()
        self._since = (self._since or now) if is_behind else 0.0
        if self._since:
            dimensions, age = {"FunctionName": self._function}, 1000 * (now - self._since)
            self._trial.samples.append(Sample("AWS/Lambda", "IteratorAge", dimensions, "Milliseconds", now, age))


def _number(event: Mapping[str, Any]) -> str:
    return str(event["dynamodb"]["SequenceNumber"])


def _as_unreadable(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record whose images have only the keys."""
    change = record["dynamodb"]
    images = {name: change["Keys"] for name in ("NewImage", "OldImage") if name in change}
    return {**record, "dynamodb": {**change, **images}}

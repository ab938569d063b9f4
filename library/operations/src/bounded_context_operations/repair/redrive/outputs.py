"""The dead-letter queues of a stack, the counts of their messages, and uploads that did not start the state machine.

An upload is missing for one of these reasons:

- EventBridge could not deliver the event: a message of a dead-letter queue. Its body is the matched event, before the
  rule's transformer; its attributes contain the error (EventBridge User Guide, "Using dead-letter queues to process
  undelivered events").
- The event was lost, because Transfer's events are best effort: the function SweepUploads compares the inbox with the
  recorded lists. The uploads are presented as messages, and the redrive replaces the event.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from bounded_context.declaration.structure import EXPORT_FILES
from bounded_context_cli.command.aws_errors import AWS_ERRORS, Refusal, sentence
from bounded_context_cli.command.operation import Clients, Clock
from bounded_context_cli.command.pulumi import parsed, read_outputs, refuse_others, region_of

from .messages import FIFO, DeliveryFailed, Facts, Message, MessageSource, NotRedrivable, Route, counts, invoker

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient


_FILE = ("detail", "file-path")
_DETAIL = ("detail",)
_SCAN = {
    name: ("detail", "s3ObjectDetails", member)
    for name, member in (("bucket", "bucketName"), ("key", "objectKey"), ("version", "versionId"))
}

INPUTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "SFTP Server File Upload Completed": {"path": _FILE, "detail": _DETAIL},
    "SFTP Server File Rename Completed": {"path": ("detail", "renamed-file-path"), "detail": _DETAIL},
    "SFTP Server File Upload Failed": {"path": _FILE, "failed": ("id",), "detail": _DETAIL},
    "Object Created": {
        "bucket": ("detail", "bucket", "name"),
        "key": ("detail", "object", "key"),
        "version": ("detail", "object", "version-id"),
    },
    "GuardDuty Malware Protection Object Scan Result": _SCAN
    | {"scan": ("detail", "scanResultDetails", "scanResultStatus")},
    "GuardDuty Malware Protection Post Scan Action Failed": _SCAN | {"scan": ("detail-type",)},
}
"""The state machine's input by event type: each member, and the path of its value in the event.

The rules are in `_parts/queues.py`; a contract test compares both.
"""

_REQUEST = "unseen"
"""The member of SweepUploads' request and of its response."""

_POSITION = ("stored", "key", "version")
"""The members of an upload that SweepUploads requires for the next page."""


class UploadsRoute(Route):
    """The route of upload events: starts the state machine with the rule's input.

    RegisterList imports each version of a file once, so a duplicate event has no effect.
    """

    def __init__(self, state_machines: "SFNClient", alias_arn: str) -> None:
        self._state_machines = state_machines
        self._alias_arn = alias_arn
        self.action = f"start an execution of {alias_arn.split(':', 6)[-1]} for each"

    def facts(self, message: Message) -> Facts:
        """Return the facts of an EventBridge event, which has no subject."""
        return Facts(
            id=message.text("id"),
            type=message.text("detail-type"),
            source=message.text("source"),
            reason=message.attribute("ERROR_CODE"),
        )

    def check(self, message: Message) -> None:
        """Raise NotRedrivable unless the event starts an import."""
        self.input_of(message)

    def deliver(self, message: Message) -> str:
        """Start an execution; its failure never returns to this queue."""
        self._state_machines.start_execution(stateMachineArn=self._alias_arn, input=json.dumps(self.input_of(message)))
        return ""

    def input_of(self, message: Message) -> dict[str, Any]:
        """Return the state machine's input. Raises NotRedrivable for events that start no import."""
        return input_of(message)


class DownloadsRoute(UploadsRoute):
    """The route of download events: invokes the function of exports, for which a repeated event has no effect."""

    def __init__(self, functions: "LambdaClient", alias_arn: str) -> None:
        self._functions, self._alias_arn = functions, alias_arn
        self.action = f"give each to {alias_arn.split(':', 6)[-1]}"

    def deliver(self, message: Message) -> str:
        """Invoke the function. Raises DeliveryFailed, ClientError and BotoCoreError."""
        answer = self._functions.invoke(FunctionName=self._alias_arn, Payload=json.dumps(self.input_of(message)))
        if "FunctionError" in answer:
            raise DeliveryFailed("the function of exports failed: see its log")
        return ""

    def input_of(self, message: Message) -> dict[str, Any]:
        """Return the function's event. Raises NotRedrivable for other messages."""
        path, size = message.text(*_FILE), message.member("detail", "bytes")
        if not path or not isinstance(size, int):
            raise NotRedrivable("its body is not the event of a download: look at it in the SQS console.")
        return {"downloaded": path, "bytes": size}


class UnseenRoute(UploadsRoute):
    """The route of an upload without an event: starts the state machine with the file's version, as S3's rule does."""

    def facts(self, message: Message) -> Facts:
        """Return the file's name, which identifies the partner, and its size, which shows whether it is complete."""
        size = f"{message.member('size')} bytes"
        return Facts(id=message.id, type="upload", subject=message.text("key"), reason=size)

    def input_of(self, message: Message) -> dict[str, Any]:
        """Return the state machine's input."""
        return {name: message.text(name) for name in ("bucket", "key", "version")}


def input_of(message: Message) -> dict[str, Any]:
    """Return the state machine's input for an event. Raises NotRedrivable for events that start no import."""
    paths = INPUTS.get(message.text("detail-type"))
    if paths is None:
        raise NotRedrivable(
            "its body is not an event that starts an import: look at it in the SQS console, and delete it there."
        )
    machine_input = {name: message.member(*path) for name, path in paths.items()}
    for name, value in machine_input.items():
        if not value:
            raise NotRedrivable(
                f"its event lacks {'.'.join(paths[name])}, which an import needs: ask for the file once more."
            )
    return machine_input


@dataclass(frozen=True)
class Page:
    """A page of uploads, oldest first, and the number of uploads after it."""

    uploads: Sequence[Mapping[str, Any]]
    more: int


class UnseenUploads(MessageSource):
    """The uploads whose event was lost. An upload with a recorded list is no longer returned, so none is deleted."""

    def __init__(self, functions: "LambdaClient", alias_arn: str, age: timedelta | None = None) -> None:
        """Query `alias_arn` for uploads older than `age`; the default is the alarm's threshold."""
        self._functions = functions
        self._alias_arn = alias_arn
        self._filter = {} if age is None else {"seconds": age.total_seconds()}

    def count(self) -> int:
        """Return the number of uploads. Raises Refusal, ClientError and BotoCoreError, as does `messages`."""
        return len(self._first_page.uploads) + self._first_page.more

    def messages(self, stopped: Callable[[], bool]) -> Iterator[Message]:
        """Yield each upload, oldest first."""
        page = self._first_page
        yield from map(_message, page.uploads)
        while page.more and page.uploads and not stopped():
            page = self._page({"after": {name: page.uploads[-1][name] for name in _POSITION}})
            yield from map(_message, page.uploads)

    @cached_property
    def _first_page(self) -> Page:
        return self._page({})

    def _page(self, after: Mapping[str, Any]) -> Page:
        payload = json.dumps({_REQUEST: {**self._filter, **after}})
        answer = self._functions.invoke(FunctionName=self._alias_arn, Payload=payload)
        response = json.loads(answer["Payload"].read())
        if "FunctionError" in answer or not isinstance(response, dict) or _REQUEST not in response:
            raise Refusal(f"{self._alias_arn} did not return the uploads whose event was lost: see its log.")
        return Page(response[_REQUEST], response.get("more", 0))


def _message(upload: Mapping[str, Any]) -> Message:
    sent = round(datetime.fromisoformat(upload["stored"]).timestamp() * 1000)
    system = {"SentTimestamp": str(sent), "ApproximateReceiveCount": "0"}
    key: Any = {"key": {"DataType": "String", "StringValue": upload["key"]}}
    return Message(upload["version"], "", json.dumps(upload), key, system)


UPLOADS = "uploads"
"""The queue of upload events that could not start the state machine."""

DOWNLOADS = "downloads"
"""The queue of download events of exported files that could not call their function."""

INBOUND = "inbound"
"""The queue of other contexts' events that this context could not process."""

SUFFIX = "-dead-letters"
"""The suffix of all dead-letter queues' names on AWS."""

UNSEEN = "unseen"
"""The name for uploads whose event was lost; their events are in no queue."""

SWEEPER = "sweep_uploads"
"""The function that finds these uploads."""

Kind = Literal["subscriber", "archive", "work", "inbound", "uploads", "downloads", "stream", "unseen"]


@dataclass(frozen=True)
class DeadLetterQueue:
    """A dead-letter queue, and the destination of its messages.

    `target` is the URL of a queue (a subscriber's, a work queue, or the inbound queue), the name of an archive's
    stream, or the ARN of an alias of the state machine or of a function. For uploads whose event was lost, `url` is the
    ARN of the sweeper's alias.
    """

    name: str
    url: str
    kind: Kind
    target: str


@dataclass(frozen=True)
class RedriveStack:
    """The dead-letter queues of a stack; `prefix` is the prefix of its names on AWS, `<context>-<stack>`.

    `unseen` is the source of uploads whose event was lost; None for stacks deployed before `sweep_uploads` existed.
    """

    name: str
    prefix: str
    table: str
    queues: tuple[DeadLetterQueue, ...]
    region: str
    unseen: DeadLetterQueue | None = None

    @classmethod
    def of(cls, name: str, outputs: Mapping[str, Any]) -> Self:
        """Parse the outputs of the service program. Raises Refusal if they are incomplete or another stack's."""
        return parsed(lambda outputs: cls._read(name, outputs), outputs)

    @classmethod
    def _read(cls, name: str, outputs: Mapping[str, Any]) -> Self:
        prefix = outputs["release"]["application"]
        refuse_others(prefix, name)
        queues = tuple(_queue(queue, url, outputs) for queue, url in outputs["dead_letter_queues"].items())
        return cls(name, prefix, outputs["table_name"], queues, region_of(outputs), _unseen(outputs))

    def queue(self, name: str) -> DeadLetterQueue:
        """Return the queue with this name or alternative name. Raises Refusal unless exactly one matches."""
        if self.unseen is not None and name == UNSEEN:
            return self.unseen
        own = [queue for queue in self.queues if queue.name == name]
        matches = own or [queue for queue in self.queues if name in self._alternative_names(queue)]
        if len(matches) == 1:
            return matches[0]
        number = "more than one" if matches else "no"
        names = ", ".join([*(queue.name for queue in self.queues), *([UNSEEN] if self.unseen else [])])
        raise Refusal(f"{self.name} has {number} dead-letter queue {name!r}: name one of {names}.")

    def _alternative_names(self, queue: DeadLetterQueue) -> set[str]:
        """Return a queue's other names: its name on AWS with or without prefix and suffix, its key in kebab-case."""
        full_name = queue.url.rpartition("/")[2].removesuffix(FIFO)
        names = {full_name, full_name.removeprefix(f"{self.prefix}-")}
        names |= {name.removesuffix(SUFFIX) for name in names}
        return {queue.name.replace("_", "-"), queue.url.rpartition("/")[2]} | names


def read(stack: str, program: Path, file: Path | None) -> RedriveStack:
    """Return the queues of a stack, from its outputs in `file` or from the Pulumi CLI in the program's folder.

    Raises Refusal.
    """
    return RedriveStack.of(stack, read_outputs(stack, program, file))


def _queue(name: str, url: Any, outputs: Mapping[str, Any]) -> DeadLetterQueue:
    kind, target = _destination(name, outputs)
    for value in (url, target):
        if not isinstance(value, str):
            raise TypeError(f"{value!r} is not text")
    return DeadLetterQueue(name, url, kind, target)


def _unseen(outputs: Mapping[str, Any]) -> DeadLetterQueue | None:
    sweeper = outputs["functions"].get(SWEEPER)
    return DeadLetterQueue(UNSEEN, sweeper, "unseen", outputs["state_machine_arn"]) if sweeper else None


def _destination(name: str, outputs: Mapping[str, Any]) -> tuple[Kind, Any]:
    if name == UPLOADS:
        return "uploads", outputs["state_machine_arn"]
    if name == DOWNLOADS:
        return "downloads", outputs["functions"][EXPORT_FILES]
    if name == INBOUND:
        return "inbound", outputs["inbound_queue"]
    if name in outputs["functions"]:
        return "stream", outputs["functions"][name]
    # Stacks deployed by older versions lack this output.
    if name in outputs.get("work_queues", {}):
        return "work", outputs["work_queues"][name]
    if name in outputs.get("archives", {}):
        return "archive", outputs["archives"][name]["stream"]
    return "subscriber", outputs["queues"][name]


RECENT = timedelta(minutes=20)
"""SQS writes its metrics every minute, with a delay of up to 15 minutes after inactivity."""


@dataclass(frozen=True)
class Count:
    """Approximate numbers of visible and hidden messages of a queue, and the age of the oldest if known."""

    name: str
    messages: int
    in_flight: int
    oldest: timedelta | None

    def as_json(self) -> dict[str, Any]:
        """Return the count as JSON, with the age in seconds."""
        seconds = None if self.oldest is None else round(self.oldest.total_seconds())
        return {"queue": self.name, "messages": self.messages, "in_flight": self.in_flight, "oldest_seconds": seconds}


@dataclass(frozen=True)
class Survey:
    """The counts of all dead-letter queues of a stack, and of its uploads whose event was lost."""

    stack: str
    counts: Sequence[Count]
    unknown: str = ""
    """The reason why lost events of uploads could not be counted, or empty."""

    @property
    def exit_status(self) -> int:
        """0 if all counts are known and 0, else 1."""
        return int(bool(self.unknown) or any(count.messages or count.in_flight for count in self.counts))

    def as_json(self) -> dict[str, Any]:
        """Return the survey as JSON."""
        result = "messages" if self.exit_status else "empty"
        queues = [count.as_json() for count in self.counts]
        return {"stack": self.stack, "result": result, "queues": queues, "unknown": self.unknown}


def survey(stack: RedriveStack, clients: Clients, clock: Clock) -> Survey:
    """Count the messages of every queue. Raises ClientError and BotoCoreError."""
    ages, queues = _ages(stack.queues, clients, clock), clients("sqs")
    counts = [_count(queue, queues, ages.get(queue.name)) for queue in stack.queues]
    if stack.unseen is None:
        return Survey(stack.name, counts)
    try:
        return Survey(stack.name, [*counts, _unseen_uploads(stack.unseen, clients, clock)])
    except (Refusal, *AWS_ERRORS) as error:
        return Survey(stack.name, counts, sentence(error, "redrive"))


def _count(queue: DeadLetterQueue, queues: "SQSClient", oldest: timedelta | None) -> Count:
    messages, in_flight = counts(queues, queue.url)
    return Count(queue.name, messages, in_flight, oldest if messages else None)


def _unseen_uploads(uploads: DeadLetterQueue, clients: Clients, clock: Clock) -> Count:
    unseen_uploads = UnseenUploads(invoker(clients), uploads.url)
    oldest = next(unseen_uploads.messages(lambda: False), None)
    return Count(uploads.name, unseen_uploads.count(), 0, clock.now() - oldest.sent if oldest else None)


def _ages(queues: Sequence[DeadLetterQueue], clients: Clients, clock: Clock) -> Mapping[str, timedelta]:
    """Return the ages of the oldest messages by queue, as far as CloudWatch has them."""
    now = clock.now()
    try:
        results = clients("cloudwatch").get_metric_data(
            MetricDataQueries=[_query(number, queue) for number, queue in enumerate(queues)],
            StartTime=now - RECENT,
            EndTime=now,
            ScanBy="TimestampDescending",
        )["MetricDataResults"]
    except AWS_ERRORS:
        # Ages are optional: without permission for metrics, the counts are still returned.
        return {}
    newest = {int(result.get("Id", "").removeprefix("q")): result.get("Values", [])[:1] for result in results}
    return {queues[number].name: timedelta(seconds=value) for number, values in newest.items() for value in values}


def _query(number: int, queue: DeadLetterQueue) -> "MetricDataQueryTypeDef":
    return {
        "Id": f"q{number}",
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/SQS",
                "MetricName": "ApproximateAgeOfOldestMessage",
                "Dimensions": [{"Name": "QueueName", "Value": queue.url.rpartition("/")[2]}],
            },
            "Period": 60,
            "Stat": "Maximum",
        },
    }

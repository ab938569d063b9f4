"""Uploads that did not start the state machine.

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
from typing import TYPE_CHECKING, Any

from bounded_context_cli.command.aws_errors import Refusal

from .messages import Facts, Message, MessageSource, NotRedrivable, Route

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
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

The rules are in `infra/components/_uploads.py`; a contract test compares both.
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

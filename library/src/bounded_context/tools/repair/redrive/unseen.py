"""Uploads whose event was lost, as messages: the redrive replaces the event.

Transfer's events are best effort. The function SweepUploads compares the inbox with the recorded lists.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ...command.aws_errors import Refused
from .messages import About, Message

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_stepfunctions import SFNClient

ASKED = "unseen"
"""The member of SweepUploads' request and of its response."""

_PLACE = ("stored", "key", "version")
"""The members of an upload that SweepUploads requires for the next page."""


@dataclass(frozen=True)
class Page:
    """A page of uploads, oldest first, and the number of uploads after it."""

    uploads: Sequence[Mapping[str, Any]]
    more: int


class UnseenUploads:
    """The uploads, page by page. Deletion is not needed: an upload with a recorded list is no longer returned."""

    def __init__(self, functions: "LambdaClient", alias_arn: str, age: timedelta | None = None) -> None:
        """Query `alias_arn` for uploads older than `age`; the default is the alarm's threshold."""
        self._functions = functions
        self._alias_arn = alias_arn
        self._filter = {} if age is None else {"seconds": age.total_seconds()}

    def count(self) -> int:
        """Return the number of uploads. Raises Refused, ClientError and BotoCoreError, as does `messages`."""
        return len(self._first.uploads) + self._first.more

    def messages(self, stopped: Callable[[], bool]) -> Iterator[Message]:
        """Yield each upload, oldest first."""
        page = self._first
        yield from map(_message, page.uploads)
        while page.more and page.uploads and not stopped():
            page = self._page({"after": {name: page.uploads[-1][name] for name in _PLACE}})
            yield from map(_message, page.uploads)

    def not_seen(self) -> int:
        """Return 0, since every page is read."""
        return 0

    def delete(self, message: Message) -> None:
        """Do nothing; the upload disappears when its list is recorded."""

    def release(self) -> int:
        """Return 0, since uploads are never hidden."""
        return 0

    @cached_property
    def _first(self) -> Page:
        return self._page({})

    def _page(self, after: Mapping[str, Any]) -> Page:
        payload = json.dumps({ASKED: {**self._filter, **after}})
        answer = self._functions.invoke(FunctionName=self._alias_arn, Payload=payload)
        response = json.loads(answer["Payload"].read())
        if "FunctionError" in answer or not isinstance(response, dict) or ASKED not in response:
            raise Refused(f"{self._alias_arn} did not return the uploads whose event was lost: see its log.")
        return Page(response[ASKED], response.get("more", 0))


class UnseenRoute:
    """The route of an upload: starts the state machine with the file's version, as the rule does for S3's events."""

    def __init__(self, machines: "SFNClient", alias_arn: str) -> None:
        self._machines = machines
        self._alias_arn = alias_arn
        self.action = f"start an execution of {alias_arn.split(':', 6)[-1]} for each"

    def about(self, message: Message) -> About:
        """Return the file's name, which identifies the partner, and its size, which shows whether it is complete."""
        return About(
            id=message.id, type="upload", subject=message.text("key"), reason=f"{message.member('size')} bytes"
        )

    def check(self, message: Message) -> None:
        """Accept every upload."""

    def deliver(self, message: Message) -> str:
        """Start an execution, which records the list once."""
        upload = {name: message.text(name) for name in ("bucket", "key", "version")}
        self._machines.start_execution(stateMachineArn=self._alias_arn, input=json.dumps(upload))
        return ""


def _message(found: Mapping[str, Any]) -> Message:
    sent = round(datetime.fromisoformat(found["stored"]).timestamp() * 1000)
    system = {"SentTimestamp": str(sent), "ApproximateReceiveCount": "0"}
    key: Any = {"key": {"DataType": "String", "StringValue": found["key"]}}
    return Message(found["version"], "", json.dumps(found), key, system)

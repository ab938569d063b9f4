"""Uploads that nobody has heard of, as messages: the event that was lost is what this command stands in for.

Transfer's events are best effort. SweepUploads, which compares the inbox with the lists' records, is asked for them.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..rollout.errors import Refused
from .messages import About, Message

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_stepfunctions import SFNClient

ASKED = "unseen"
"""The member by which SweepUploads is asked, and by which it answers."""

_PLACE = ("stored", "key", "version")
"""The members of an upload that SweepUploads needs to continue after it."""


@dataclass(frozen=True)
class Page:
    """Some uploads, oldest first, and how many more there are after them."""

    uploads: Sequence[Mapping[str, Any]]
    more: int


class UnseenUploads:
    """The uploads, page by page. Nothing is deleted: one that has become a list is no longer among them."""

    def __init__(self, functions: "LambdaClient", alias_arn: str, age: timedelta | None = None) -> None:
        """Ask `alias_arn` for what is older than `age`; without it, as old as the alarm waits for."""
        self._functions = functions
        self._alias_arn = alias_arn
        self._asks = {} if age is None else {"seconds": age.total_seconds()}

    def count(self) -> int:
        """How many there are. Raises Refused, ClientError and BotoCoreError, as does `messages`."""
        return len(self._first.uploads) + self._first.more

    def messages(self, stopped: Callable[[], bool]) -> Iterator[Message]:
        """Yield each of them, oldest first."""
        page = self._first
        yield from map(_message, page.uploads)
        while page.more and page.uploads and not stopped():
            page = self._page({"after": {name: page.uploads[-1][name] for name in _PLACE}})
            yield from map(_message, page.uploads)

    def not_seen(self) -> int:
        """Return 0: every page is read."""
        return 0

    def delete(self, message: Message) -> None:
        """Nothing: the list's record ends it."""

    def release(self) -> int:
        """None is hidden."""
        return 0

    @cached_property
    def _first(self) -> Page:
        return self._page({})

    def _page(self, after: Mapping[str, Any]) -> Page:
        payload = json.dumps({ASKED: {**self._asks, **after}})
        answer = self._functions.invoke(FunctionName=self._alias_arn, Payload=payload)
        told = json.loads(answer["Payload"].read())
        if "FunctionError" in answer or not isinstance(told, dict) or ASKED not in told:
            raise Refused(f"{self._alias_arn} could not say which uploads nobody has heard of: look at its log.")
        return Page(told[ASKED], told.get("more", 0))


class UnseenRoute:
    """Starts the state machine with the version of the file, as the rule does where S3 reports it."""

    def __init__(self, machines: "SFNClient", alias_arn: str) -> None:
        self._machines = machines
        self._alias_arn = alias_arn
        self.action = f"start an execution of {alias_arn.split(':', 6)[-1]} for each"

    def about(self, message: Message) -> About:
        """A file's name, by which a person knows whom to ask, and its size, by which that one knows if it is whole."""
        return About(
            id=message.id, type="upload", subject=message.text("key"), reason=f"{message.member('size')} bytes"
        )

    def check(self, message: Message) -> None:
        """Each can be started."""

    def deliver(self, message: Message) -> str:
        """Start an execution, which records the list, once."""
        asked = {name: message.text(name) for name in ("bucket", "key", "version")}
        self._machines.start_execution(stateMachineArn=self._alias_arn, input=json.dumps(asked))
        return ""


def _message(found: Mapping[str, Any]) -> Message:
    sent = round(datetime.fromisoformat(found["stored"]).timestamp() * 1000)
    system = {"SentTimestamp": str(sent), "ApproximateReceiveCount": "0"}
    key: Any = {"key": {"DataType": "String", "StringValue": found["key"]}}
    return Message(found["version"], "", json.dumps(found), key, system)

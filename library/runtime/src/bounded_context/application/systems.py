"""The port of other systems that rules call over HTTP."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from pydantic_core import to_jsonable_python


class BadReply(Exception):
    """A reply that is no success, or no JSON. The message quotes no content."""


@dataclass(frozen=True)
class Reply:
    """The reply of a system that answers: a status below 500 except 429, and the text of the body."""

    status: int
    text: str = field(repr=False)

    def json(self) -> Any:
        """Return the body of a successful reply. Raises BadReply."""
        if not 200 <= self.status <= 299:
            raise BadReply(f"the system replied with status {self.status}")
        try:
            return json.loads(self.text)
        except ValueError:
            raise BadReply("the system's reply is not JSON") from None


class SystemRequest(NamedTuple):
    """A request: ``body`` has JSON values only. ``key`` is the same for all attempts of one effect."""

    method: str
    path: str
    body: Any = None
    key: str = ""


Answer = Callable[[SystemRequest], tuple[int, Any]]
"""A system for tests and for the local run: returns the status and the JSON value of a reply."""


class System(Protocol):
    """Another system. Both methods raise `Unavailable` if it does not answer, also after several tries."""

    def get(self, path: str, /) -> Reply:
        """Return the reply to a request without an effect."""
        ...

    def post(self, path: str, body: Any, /, *, key: str) -> Reply:
        """Return the reply to a request with an effect.

        The system gets ``key`` in ``Idempotency-Key``: retries, and a repeated command, must have one effect.
        """
        ...


Send = Callable[[SystemRequest], Reply]


class Sender:
    """The methods of `System`, over one function that sends."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def get(self, path: str, /) -> Reply:
        """Return the reply to a request without an effect. Raises Unavailable."""
        return self._send(SystemRequest("GET", path))

    def post(self, path: str, body: Any, /, *, key: str) -> Reply:
        """Return the reply to a request with an effect, of which all attempts have one key. Raises Unavailable."""
        return self._send(SystemRequest("POST", path, to_jsonable_python(body), key))


def answers(status: int) -> bool:
    """Return whether a status is an answer. 429 and 5xx ask for a later attempt."""
    return status != 429 and status < 500

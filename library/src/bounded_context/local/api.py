"""Callers of the HTTP API: each signs its requests with credentials of its own (Signature Version 4)."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

from .observation.aws_metrics.apigateway import Answered

if TYPE_CHECKING:
    from .running import RunningContext

SERVICE = "execute-api"
CONNECTIONS = 256
SECONDS = 120

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Answer:
    """What a caller got. `headers` have small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


Sign = Callable[[AWSRequest], None]
"""Adds to a request what tells who sends it."""


def signature(region: str, access_key: str, secret_key: str, token: str | None = None) -> Sign:
    """Return what signs requests with these credentials."""
    return SigV4Auth(Credentials(access_key, secret_key, token), SERVICE, region).add_auth


def bearer(token: str) -> Sign:
    """Return what adds a token to requests."""

    def add(request: AWSRequest) -> None:
        request.headers["Authorization"] = f"Bearer {token}"

    return add


def nobody(_: AWSRequest) -> None:
    """Add nothing: whoever sends it is not known."""


class Caller:
    """Sends requests to an API; one may be used by many threads."""

    def __init__(self, url: str, sign: Sign, told: Callable[[Answered], None] = lambda _: None) -> None:
        """Send to the API at `url`; `told` hears of each request that was answered."""
        self._url = url
        self._sign = sign
        self._told = told
        self._session = URLLib3Session(proxies={}, timeout=SECONDS, max_pool_connections=CONNECTIONS)

    def send(self, method: str, path: str, body: object = None, headers: Mapping[str, str] = _NOTHING) -> Answer:
        """Send a request and return the answer.

        Args:
            method: such as "POST".
            path: from the slash on, with the query if there is one, all of it percent-encoded.
            body: what is sent as JSON; bytes are sent as they are.
            headers: more of them.
        """
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        given = {name.lower(): value for name, value in headers.items()}
        if data is not None:
            given.setdefault("content-type", "application/json")
        request = AWSRequest(method=method, url=f"{self._url}{path}", data=data, headers=given)
        self._sign(request)
        sent, started = time.time(), time.monotonic()
        answer = self._session.send(request.prepare())
        took = (time.monotonic() - started) * 1000
        self._told(Answered(method, path, sent, answer.status_code, took))
        low = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status_code, low, answer.content)


def owner(running: "RunningContext") -> Caller:
    """Return a caller that signs as the account's owner, who may do anything."""
    emulator = running.emulator
    return caller(running, signature(emulator.region, emulator.access_key, emulator.secret_key))


def caller(running: "RunningContext", sign: Sign) -> Caller:
    """Return a caller of a running context's API."""
    return Caller(running.outputs["api"]["url"], sign, running.doors.answered.append)

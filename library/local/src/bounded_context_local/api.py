"""Callers of the HTTP API. Each caller authenticates with its own credentials (Signature Version 4) or token."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

from .observation.aws_metrics.invocations import Answered

if TYPE_CHECKING:
    from .running.context import RunningContext

SERVICE = "execute-api"
CONNECTIONS = 256
SECONDS = 120

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Answer:
    """The response to a request. The names in `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed as JSON."""
        return json.loads(self.body)


Sign = Callable[[AWSRequest], None]
"""Adds the sender's authentication to a request."""


def signature(region: str, access_key: str, secret_key: str, token: str | None = None) -> Sign:
    """Return a function that signs requests with the given credentials (Signature Version 4)."""
    return SigV4Auth(Credentials(access_key, secret_key, token), SERVICE, region).add_auth


def bearer(token: str) -> Sign:
    """Return a function that adds a bearer token to requests."""

    def add(request: AWSRequest) -> None:
        request.headers["Authorization"] = f"Bearer {token}"

    return add


def unsigned(_: AWSRequest) -> None:
    """Leave the request unauthenticated."""


class Caller:
    """A client of an API, safe for use by several threads."""

    def __init__(self, url: str, sign: Sign, on_answer: Callable[[Answered], None] = lambda _: None) -> None:
        """Send requests to the API at `url`, and call `on_answer` with each answered request."""
        self._url = url
        self._sign = sign
        self._on_answer = on_answer
        self._session = URLLib3Session(proxies={}, timeout=SECONDS, max_pool_connections=CONNECTIONS)

    def send(self, method: str, path: str, body: object = None, headers: Mapping[str, str] = _NOTHING) -> Answer:
        """Send a request and return the answer.

        Args:
            method: such as "POST".
            path: from the slash on, with an optional query, percent-encoded.
            body: sent as JSON; bytes are sent unchanged.
            headers: additional headers.
        """
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        sent_headers = {name.lower(): value for name, value in headers.items()}
        if data is not None:
            sent_headers.setdefault("content-type", "application/json")
        request = AWSRequest(method=method, url=f"{self._url}{path}", data=data, headers=sent_headers)
        self._sign(request)
        sent_at, started = time.time(), time.monotonic()
        answer = self._session.send(request.prepare())
        took = (time.monotonic() - started) * 1000
        self._on_answer(Answered(method, path, sent_at, answer.status_code, took))
        low = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status_code, low, answer.content)


def http_request(route: str, payload: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Return the method, the path and the body members of a request.

    Args:
        route: the key of the route, such as `POST /payments/{payment_id}/verify`.
        payload: the function's payload; members that the path names go into the path, the others into the body.
    """
    method, _, form = route.partition(" ")
    path = form.format_map({name: quote(str(value), safe="") for name, value in payload.items()})
    return method, path, {name: value for name, value in payload.items() if f"{{{name}}}" not in form}


def owner(running: "RunningContext") -> Caller:
    """Return a caller that signs as the account's root user, which has all permissions."""
    emulator = running.emulator
    return caller(running, signature(emulator.region, emulator.access_key, emulator.secret_key))


def caller(running: "RunningContext", sign: Sign) -> Caller:
    """Return a caller of a running context's API."""
    return Caller(running.outputs["api"]["url"], sign, running.api_requests.answered.append)

"""Callers of a context in a local run: invocations, callers of an alias with weights, and callers of the HTTP API.

The emulator only stores the weights: the callers apply them, and put Lambda's metrics. Each caller of the API
authenticates with its own credentials (Signature Version 4) or token.
"""

import json
import random
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

from bounded_context_cli.command.aws_errors import Calls

from .. import stand_ins
from ..emulator.aws import Aws
from ..emulator.clock import in_background

NAMESPACE = "AWS/Lambda"
PAUSE_SECONDS = 0.02


@dataclass(frozen=True)
class Call:
    """An invocation: the version that answered, and its answer or Lambda's description of the function's error.

    `milliseconds` is the caller's waiting time, `log` the last 4 KB of the function's log (Lambda's `LogType`).
    """

    version: str
    answer: Any
    failed: bool
    milliseconds: float
    log: str = ""


def invoke(aws: Calls, function: str, event: object, version: str | None = None) -> Call:
    """Invoke a function by its name or by the ARN of its alias, and return the call."""
    started = time.monotonic()
    response = aws.call(
        "lambda",
        "invoke",
        FunctionName=function,
        Qualifier=version,
        Payload=json.dumps(event).encode(),
        LogType="Tail",
    )
    return Call(
        version or response.get("ExecutedVersion", ""),
        json.loads(response["Payload"].read() or b"null"),
        "FunctionError" in response,
        (time.monotonic() - started) * 1000,
        b64decode(response.get("LogResult", "")).decode(errors="replace"),
    )


class Caller:
    """A caller of a function by its alias, with the routing of Lambda."""

    def __init__(self, aws: Aws, alias_arn: str, seed: int = 0) -> None:
        """Call `arn:...:function:<name>:<alias>`. The same seed draws the same sequence of versions."""
        self._aws = aws
        self._function, self._alias = alias_arn.split(":")[-2:]
        self._dice = random.Random(seed)  # noqa: S311  a share of calls, not a secret

    def call(self, message: object) -> Call:
        """Invoke the function, and put the metrics that Lambda writes for an alias with weights."""
        call = invoke(self._aws, self._function, message, self._version())
        self._measure(call)
        return call

    @contextmanager
    def calling(self, message: object, pause_seconds: float = PAUSE_SECONDS) -> Iterator[list[Call]]:
        """Call the function repeatedly in a thread until the end of the block. Yield the growing list of calls.

        If a call raises an error, the end of the block raises it.
        """
        calls: list[Call] = []

        def keep_calling(stopped: threading.Event) -> None:
            while not stopped.wait(pause_seconds):
                calls.append(self.call(message))

        with in_background(f"caller-{self._function}", keep_calling):
            yield calls

    def _version(self) -> str:
        alias = self._aws.call("lambda", "get_alias", FunctionName=self._function, Name=self._alias)
        weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        draw = self._dice.random()
        for version, weight in weights.items():
            if draw < weight:
                return version
            draw -= weight
        return alias["FunctionVersion"]

    def _measure(self, call: Call) -> None:
        resource = {"FunctionName": self._function, "Resource": f"{self._function}:{self._alias}"}
        values = {
            "Invocations": (1, "Count"),
            "Errors": (int(call.failed), "Count"),
            "Duration": (call.milliseconds, "Milliseconds"),
        }
        for dimensions in (resource, resource | {"ExecutedVersion": call.version}):
            stand_ins.put_metrics(self._aws, NAMESPACE, dimensions, values)


@dataclass(frozen=True)
class Answered:
    """An answered request. `sent` is in seconds since 1970, `milliseconds` is the latency."""

    method: str
    path: str
    sent: float
    status: int
    milliseconds: float


SERVICE = "execute-api"
API_CONNECTIONS = 256
API_SECONDS = 120

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


class ApiCaller:
    """A client of an API, safe for use by several threads."""

    def __init__(self, url: str, sign: Sign, on_answer: Callable[[Answered], None] = lambda _: None) -> None:
        """Send requests to the API at `url`, and call `on_answer` with each answered request."""
        self._url = url
        self._sign = sign
        self._on_answer = on_answer
        self._session = URLLib3Session(proxies={}, timeout=API_SECONDS, max_pool_connections=API_CONNECTIONS)

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

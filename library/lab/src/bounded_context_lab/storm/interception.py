"""The proxy of all calls of the functions: it records their actions, and lets the planted fault answer them."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, Protocol
from urllib.parse import parse_qs, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from urllib3 import HTTPHeaderDict
from urllib3.exceptions import HTTPError

from bounded_context_local.emulator.aws import Aws
from bounded_context_local.emulator.callers import Callers
from bounded_context_local.stand_ins.http_server import Request, Response, serving
from bounded_context_local.stand_ins.upstream import Upstream

_SERVICE: Final = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request")

_ACTIONS: Final[Mapping[str, str]] = {
    "sns:PublishBatch": "sns:Publish",
    "dynamodb:BatchExecuteStatement": "dynamodb:PartiQLInsert",
}
"""The actions that IAM checks for operations of another name."""

_REST: Final[tuple[tuple[str, str, str], ...]] = (
    ("s3", r"GET \S+\?(.*&)?versions\b.*", "s3:ListBucketVersions"),
    ("s3", r"GET \S+\?(.*&)?list-type=.*", "s3:ListBucket"),
    ("s3", r"(GET|HEAD) \S+\?(.*&)?versionId=.*", "s3:GetObjectVersion"),
    ("s3", r"(GET|HEAD) .*", "s3:GetObject"),
    ("s3", r"PUT .*", "s3:PutObject"),
    ("s3", r"(DELETE .*|POST \S+\?delete.*)", "s3:DeleteObject"),
    ("lambda", r"GET \S+/event-source-mappings.*", "lambda:ListEventSourceMappings"),
)
"""The actions of REST requests, by service and by a pattern of method and path; the first match counts."""


@dataclass(frozen=True)
class Intercepted:
    """A call of AWS by a function: the function's name on AWS, and the action that IAM checks."""

    function: str
    action: str
    request: Request


class Forward(Protocol):
    """Sends a call to the emulator, with another body if one is given, and returns its response."""

    def __call__(self, body: bytes | None = None) -> Response:
        """Send the call."""
        ...


Rule = Callable[[Intercepted, Forward], Response]
"""Returns the response to a call."""


def forwarded(_: Intercepted, forward: Forward) -> Response:
    """Forward a call unchanged."""
    return forward()


@dataclass
class Interception:
    """The rule for the functions' calls, the actions of each function, and the number of denied calls."""

    rule: Rule = forwarded
    actions: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    denied: int = 0

    @contextmanager
    def serving(self, aws: Aws) -> Iterator[None]:
        """Serve the functions' calls at the emulator's `proxy_port` until the block ends."""
        with closing(Upstream(aws.emulator.port)) as emulator:
            callers = Callers(aws)

            def respond(sent: Request) -> Response:
                call = Intercepted(callers.function(sent.headers), action_of(sent), sent)
                return self._responded(call, lambda body=None: _sent(emulator, _changed(aws, callers, sent, body)))

            with serving(respond, aws.emulator.proxy_port, "storm"):
                yield

    def _responded(self, call: Intercepted, forward: Forward) -> Response:
        self.actions[call.function].add(call.action)
        response = self.rule(call, forward)
        self.denied += response.status in (400, 403) and b"is not authorized to perform" in response.body
        return response


def _changed(aws: Aws, callers: Callers, sent: Request, body: bytes | None) -> Request:
    """Return a request with another body, signed for the same caller: the emulator verifies signatures."""
    credentials = callers.credentials(sent.headers)
    if body is None or credentials is None:
        return sent
    headers = {name: sent.headers[name] for name in ("Content-Type", "Host", "X-Amz-Target") if name in sent.headers}
    request = AWSRequest(sent.method, f"{aws.emulator.endpoint}{sent.path}", data=body, headers=headers)
    SigV4Auth(credentials, _service(sent), aws.region).add_auth(request)
    return sent._replace(headers=HTTPHeaderDict(request.headers.items()), body=body)


def _sent(upstream: Upstream, sent: Request) -> Response:
    try:
        return upstream.send(sent.method, sent.path, sent.headers, sent.body)
    except HTTPError as error:
        return Response(HTTPStatus.BAD_GATEWAY, {}, repr(error).encode())


def action_of(request: Request) -> str:
    """Return the action that IAM checks for a request, such as `dynamodb:PutItem`."""
    service = _service(request)
    operation = request.headers.get("X-Amz-Target", "").rpartition(".")[2] or _form_action(request)
    if operation:
        return _ACTIONS.get(f"{service}:{operation}", f"{service}:{operation}")
    line = f"{request.method} {request.path}"
    matching = (action for of, pattern, action in _REST if of == service and re.fullmatch(pattern, line))
    return next(matching, f"{service}:{request.method} {urlsplit(request.path).path}")


def _service(request: Request) -> str:
    """Return the service for which a request is signed, or an empty text."""
    found = _SERVICE.search(request.headers.get("Authorization", ""))
    return found[1] if found else ""


def _form_action(request: Request) -> str:
    """Return the operation of a request in AWS's query protocol, or an empty text."""
    if not request.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        return ""
    return parse_qs(request.body.decode()).get("Action", [""])[0]


def rejection(code: str, message: str) -> Response:
    """Return the response with which AWS's JSON services reject a call."""
    body: dict[str, Any] = {"__type": f"com.amazonaws.storm#{code}", "message": message}
    return Response(400, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(body).encode())

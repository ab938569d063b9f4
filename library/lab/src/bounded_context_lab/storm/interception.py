"""The proxy of all calls of the functions: it records their actions, and lets the planted fault answer or refuse them.

Sources of the codes and forms:

- SNS API reference, PublishBatch, "Errors" and "Common Errors".
- SQS API reference, SendMessage, "Errors", and SendMessageBatch, "Response Elements".
- S3 API reference, "Error responses", "List of error codes".
- DynamoDB API reference, BatchGetItem, BatchWriteItem and BatchExecuteStatement. DynamoDB developer guide, "Error
  handling with DynamoDB".
- Step Functions API reference, "Common Errors".
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, Protocol
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit
from xml.sax.saxutils import escape
from zlib import crc32

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from urllib3 import HTTPHeaderDict
from urllib3.exceptions import HTTPError

from bounded_context_local.emulator.aws import Aws, Callers
from bounded_context_local.stand_ins import Request, Response, Upstream, serving

from .expected_alarms import Kind

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

            def respond(request: Request) -> Response:
                call = Intercepted(callers.function(request.headers), action_of(request), request)
                return self._respond(
                    call, lambda body=None: _send_upstream(emulator, _with_body(aws, callers, request, body))
                )

            with serving(respond, aws.emulator.proxy_port, "storm"):
                yield

    def _respond(self, call: Intercepted, forward: Forward) -> Response:
        self.actions[call.function].add(call.action)
        response = self.rule(call, forward)
        self.denied += response.status in (400, 403) and b"is not authorized to perform" in response.body
        return response


def _with_body(aws: Aws, callers: Callers, original: Request, body: bytes | None) -> Request:
    """Return a request with another body, signed for the same caller: the emulator verifies signatures."""
    credentials = callers.credentials(original.headers)
    if body is None or credentials is None:
        return original
    headers = {
        name: original.headers[name] for name in ("Content-Type", "Host", "X-Amz-Target") if name in original.headers
    }
    request = AWSRequest(original.method, f"{aws.emulator.endpoint}{original.path}", data=body, headers=headers)
    SigV4Auth(credentials, _service(original), aws.region).add_auth(request)
    return original._replace(headers=HTTPHeaderDict(request.headers.items()), body=body)


def _send_upstream(upstream: Upstream, request: Request) -> Response:
    try:
        return upstream.send(request.method, request.path, request.headers, request.body)
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
    match = _SERVICE.search(request.headers.get("Authorization", ""))
    return match[1] if match else ""


def _form_action(request: Request) -> str:
    """Return the operation of a request in AWS's query protocol, or an empty text."""
    if not request.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        return ""
    return parse_qs(request.body.decode()).get("Action", [""])[0]


def rejection(code: str, message: str) -> Response:
    """Return the response with which AWS's JSON services reject a call."""
    body: dict[str, Any] = {"__type": f"com.amazonaws.storm#{code}", "message": message}
    return Response(400, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(body).encode())


_REASON: Final = "The storm refuses the call."
_FAILED: Final = {"Code": "InternalError", "Message": "The storm refuses the entry.", "SenderFault": False}

_CODES: Final[Mapping[tuple[Kind, str], tuple[int, str]]] = {
    ("throttle", "dynamodb"): (400, "ProvisionedThroughputExceededException"),
    ("throttle", "s3"): (503, "SlowDown"),
    ("throttle", "sns"): (400, "Throttling"),
    ("throttle", "sqs"): (400, "RequestThrottled"),
    ("throttle", "states"): (400, "ThrottlingException"),
    ("deny", "dynamodb"): (400, "AccessDeniedException"),
    ("deny", "s3"): (403, "AccessDenied"),
    ("deny", "sns"): (403, "AuthorizationError"),
    ("deny", "states"): (400, "AccessDeniedException"),
}

_OF_KEY: Final[Mapping[tuple[Kind, str], tuple[int, str]]] = {
    ("throttle", "sns"): (400, "KMSThrottling"),
    ("throttle", "sqs"): (400, "KmsThrottled"),
    ("throttle", "s3"): (400, "ThrottlingException"),
    ("deny", "sns"): (400, "KMSAccessDenied"),
    ("deny", "sqs"): (400, "KmsAccessDenied"),
    ("deny", "s3"): (403, "AccessDenied"),
    ("deny", "dynamodb"): (400, "AccessDeniedException"),
}
"""The errors of a service whose call of KMS fails. DynamoDB stores the table's key for five minutes, so KMS does not
throttle its calls."""

KEY_USERS: Final = frozenset(service for _, service in _OF_KEY)
"""The services that encrypt data of a function's calls with the stack's key."""


def refusal(kind: Kind, service: str, *, of_key: bool = False) -> Response | None:
    """Return a service's response to a throttled or denied call; None if the fault does not affect the service.

    With `of_key`, KMS throttles or denies the service's use of the key.
    """
    code = (_OF_KEY if of_key else _CODES).get((kind, service))
    return code and _response(service, *code)


def _response(service: str, status: int, code: str) -> Response:
    if service not in ("s3", "sns"):
        body: dict[str, Any] = {"__type": f"com.amazonaws.storm#{code}", "message": _REASON}
        return Response(status, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(body).encode())
    error = f"<Code>{code}</Code><Message>{_REASON}</Message>"
    text = f"<Error>{error}</Error>" if service == "s3" else f"<ErrorResponse><Error>{error}</Error></ErrorResponse>"
    return Response(status, {"Content-Type": "text/xml"}, text.encode())


Refuses = Callable[[Any], bool]
"""Returns whether an entry of a batch fails. The same entry fails in each request."""


def refuses(seed: int) -> Refuses:
    """Return a choice of about half of all entries."""
    return lambda entry: crc32(f"{seed} {json.dumps(entry, sort_keys=True)}".encode()) % 2 == 0


def briefly(fails: Refuses, times: int = 3) -> Refuses:
    """Return the same choice, for the first requests with an entry alone: endless reads would block all writes."""
    requests = Counter[str]()

    def failing(entry: Any) -> bool:
        key = json.dumps(entry, sort_keys=True)
        requests[key] += 1
        return fails(entry) and requests[key] <= times

    return failing


def partly(request: Request, forward: Forward, fails: Refuses) -> tuple[Response, int]:
    """Forward the good entries of a batch; return the response with the failed entries, and their number.

    A request that is no batch is forwarded unchanged.
    """
    operation = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
    if b"Action=PublishBatch" in request.body:
        return _publish(request, forward, fails)
    if operation == "SendMessageBatch":
        return _send(json.loads(request.body), forward, fails)
    if operation == "BatchExecuteStatement":
        return _execute(json.loads(request.body), forward, fails)
    if operation in ("BatchGetItem", "BatchWriteItem"):
        return _items(json.loads(request.body), forward, fails, "Keys" if operation == "BatchGetItem" else "Items")
    return forward(), 0


def _send(body: dict[str, Any], forward: Forward, fails: Refuses) -> tuple[Response, int]:
    bad = [entry["Id"] for entry in body["Entries"] if fails(entry["MessageBody"])]
    good = [entry for entry in body["Entries"] if entry["Id"] not in bad]
    answer, response = _forward_entries(forward, body | {"Entries": good}, {"Successful": []}, empty=not good)
    failed = [*answer.get("Failed", []), *({"Id": name, **_FAILED} for name in bad)]
    return _with(response, answer | {"Failed": failed}), len(bad)


def _execute(body: dict[str, Any], forward: Forward, fails: Refuses) -> tuple[Response, int]:
    statements = body["Statements"]
    bad = [fails(statement.get("Parameters", statement["Statement"])[:1]) for statement in statements]
    good = [statement for statement, failed in zip(statements, bad, strict=True) if not failed]
    answer, response = _forward_entries(forward, body | {"Statements": good}, {"Responses": []}, empty=not good)
    if "Responses" not in answer:
        return response, 0
    responses, error = (
        iter(answer["Responses"]),
        {"Code": "ThrottlingError", "Message": "The storm refuses the statement."},
    )
    merged = [{"Error": error} if failed else next(responses) for failed in bad]
    return _with(response, answer | {"Responses": merged}), sum(bad)


def _items(body: dict[str, Any], forward: Forward, fails: Refuses, kind: str) -> tuple[Response, int]:
    """Return a part of the keys or writes as unprocessed, by table."""
    good, bad = dict[str, Any](), dict[str, Any]()
    for table, requested in body["RequestItems"].items():
        entries = requested["Keys"] if kind == "Keys" else requested
        for part, failing in ((bad, True), (good, False)):
            if some := [entry for entry in entries if fails(entry) is failing]:
                part[table] = {**requested, "Keys": some} if kind == "Keys" else some
    lacking: dict[str, Any] = {"Responses": {}} if kind == "Keys" else {}
    answer, response = _forward_entries(forward, body | {"RequestItems": good}, lacking, empty=not good)
    name = f"Unprocessed{kind}"
    return _with(response, answer | {name: {**answer.get(name, {}), **bad}}), len(bad)


def _forward_entries(forward: Forward, body: Any, empty_answer: Any, *, empty: bool) -> tuple[dict[str, Any], Response]:
    """Return the answer to a request, and its response. A request without entries is not sent."""
    if empty:
        return empty_answer, Response(200, {"Content-Type": "application/x-amz-json-1.0"}, b"")
    response = forward(json.dumps(body).encode())
    return json.loads(response.body), response


def _with(response: Response, answer: Any) -> Response:
    # DynamoDB's checksum covers the body that the emulator sent.
    headers = {name: value for name, value in response.headers.items() if name.lower() != "x-amz-crc32"}
    return Response(response.status, headers, json.dumps(answer).encode())


_ENTRY: Final = re.compile(r"PublishBatchRequestEntries\.(?:member|entry)\.(\d+)\.(.+)")


def _publish(request: Request, forward: Forward, fails: Refuses) -> tuple[Response, int]:
    entries: dict[str, dict[str, str]] = {}
    parameters: list[tuple[str, str]] = []
    for name, value in parse_qsl(request.body.decode(), keep_blank_values=True):
        if match := _ENTRY.fullmatch(name):
            entries.setdefault(match[1], {})[match[2]] = value
        else:
            parameters.append((name, value))
    bad = [entry["Id"] for entry in entries.values() if fails(_subject(entry["Message"]))]
    good = [entry for entry in entries.values() if entry["Id"] not in bad]
    response = forward(_form(parameters, good)) if good else Response(200, {"Content-Type": "text/xml"}, b"")
    if response.status != 200:
        return response, 0
    accepted = re.findall(rb"<Successful>(.*?)</Successful>", response.body, re.DOTALL)
    failed = "".join(f"<member>{_xml({'Id': name, **_FAILED})}</member>" for name in bad)
    result = f"<Successful>{b''.join(accepted).decode()}</Successful><Failed>{failed}</Failed>"
    body = f"<PublishBatchResponse><PublishBatchResult>{result}</PublishBatchResult></PublishBatchResponse>"
    return Response(200, {"Content-Type": "text/xml"}, body.encode()), len(bad)


def _subject(message: str) -> Any:
    """Return the part of an event that is the same in each attempt."""
    return json.loads(message).get("subject", message)


def _form(parameters: Sequence[tuple[str, str]], entries: Sequence[Mapping[str, str]]) -> bytes:
    numbered = [
        (f"PublishBatchRequestEntries.member.{number}.{name}", value)
        for number, entry in enumerate(entries, 1)
        for name, value in entry.items()
    ]
    return urlencode([*parameters, *numbered]).encode()


def _xml(facts: Mapping[str, object]) -> str:
    texts = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in facts.items()}
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in texts.items())

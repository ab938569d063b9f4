"""Other systems over HTTPS: timeout, retries with full jitter, circuit breaker, secrets, signed requests.

A log line has the system's name, the status and the duration: paths, bodies and headers may contain personal data.
"""

import json
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from hashlib import sha256
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from aws_lambda_powertools.utilities.circuit_breaker import (
    CircuitBreakerConfig,
    CircuitBreakerOpenError,
    CircuitInfo,
    CircuitTransition,
    circuit_breaker,
)
from aws_lambda_powertools.utilities.circuit_breaker.persistence import (
    CircuitBreakerDynamoDBPersistence,
    CircuitBreakerPersistenceLayer,
)
from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError
from pydantic import SecretStr

from ..application.ports import Reply, Sender, SystemRequest, Throttled, answers
from ..declaration.entry_points import without_value
from ..domain.aggregate import Unavailable
from .conditional import patiently, throttling_as_one
from .items import KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.credentials import Credentials


CIRCUIT: Final = "CIRCUIT-BREAKER#"
"""The prefix of the key of each circuit's item."""

SECONDS: Final = 2.0
"""Seconds that a try waits for the connection, and for each part of the reply."""

TRIES: Final = 3
LAST_TRY: Final = 5.0
"""Seconds after which no further try begins. A try takes up to 4 s: a call ends within a command's timeout of 10 s."""

RECOVERY: Final = 30
"""Seconds after which an open circuit admits one call as a probe."""

LONGEST_RETRY_AFTER: Final = 3600
_MOST_BYTES: Final = 1024 * 1024
_KINDS: Final = {"https": HTTPSConnection, "http": HTTPConnection}


class _Unanswered(Exception):
    """A try without an answer; ``retry_after`` has the seconds that the system asks for, or None."""

    def __init__(self, reason: str, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


def circuits(table: str, client: Any) -> CircuitBreakerPersistenceLayer:
    """Return the store of circuits: an item of the table for each system, whose circuit has been open."""
    return CircuitBreakerDynamoDBPersistence(
        table, key_attr=KEY, state_attr="circuit_state", expiry_attr="expires_at", boto3_client=client
    )


class HttpSystem(Sender):
    """A system at an address. It has one connection, on which requests are sent in sequence.

    Args:
        name: the system's name in log lines, traces and its circuit.
        address: the beginning of its addresses, such as ``https://api.bureau.example/v1``.
        unavailable: the refusal if it does not answer.
        store: the store of circuits.
        bearer: returns the token of the header ``Authorization``.
        log: writes a line, with values by name.
        watch: records a call of a name in the trace.
    """

    def __init__(
        self,
        name: str,
        address: str,
        unavailable: type[Unavailable],
        store: CircuitBreakerPersistenceLayer,
        bearer: "Callable[[], SecretStr] | None" = None,
        log: "Callable[..., None]" = lambda *_, **__: None,
        watch: "Callable[[str], AbstractContextManager[object]]" = nullcontext,
    ) -> None:
        super().__init__(self._call_guarded)
        self._name = name
        self._unavailable = unavailable
        self._bearer = bearer
        self._write = log
        self._watch = watch
        place = urlsplit(address)
        self._base = place.path
        self._connection = _KINDS[place.scheme](place.netloc, timeout=SECONDS)
        # One success closes the circuit: Powertools counts successes within one execution environment.
        config = CircuitBreakerConfig(
            recovery_timeout=RECOVERY, success_threshold=1, handled_exceptions=Unavailable, local_cache_max_age=5
        )
        guard = circuit_breaker(CIRCUIT + name, store, on_transition=self._log_circuit, config=config)
        self._call = guard(self._patiently)

    def _call_guarded(self, request: SystemRequest) -> Reply:
        try:
            # A throttled read of the token or of the circuit is no failure of the rule.
            with throttling_as_one():
                return self._call(request)
        except CircuitBreakerOpenError as error:
            raise self._unavailable(self._name, _until_probe(error.circuit)) from None

    def _patiently(self, request: SystemRequest) -> Reply:
        start = time.monotonic()
        try:
            with self._watch(self._name):
                reply = patiently(
                    lambda: self._once(request),
                    lambda error: isinstance(error, _Unanswered) and time.monotonic() - start < LAST_TRY,
                    TRIES,
                )
        except (Throttled, _Unanswered) as error:
            cause = error if isinstance(error, _Unanswered) else error.__cause__
            if not isinstance(cause, _Unanswered):
                raise
            self._log("system unavailable", start, reason=str(cause))
            raise self._unavailable(self._name, cause.retry_after or RECOVERY) from None
        self._log("system called", start, code=reply.status)
        return reply

    def _once(self, request: SystemRequest) -> Reply:
        until = time.monotonic() + SECONDS
        body = None if request.body is None else json.dumps(request.body)
        try:
            self._connection.request(request.method, self._path(request.path), body, self._headers(request))
            response = self._connection.getresponse()
            text = _text(response, until)
        except (HTTPException, OSError) as error:
            # The next try opens a new connection: this one may be from before the function was frozen.
            self._connection.close()
            raise _Unanswered(type(error).__name__) from None
        if not answers(response.status):
            raise _Unanswered(f"status {response.status}", _seconds(response.headers.get("Retry-After", "")))
        return Reply(response.status, text)

    def _path(self, path: str) -> str:
        return quote(f"{self._base}/{path.lstrip('/')}", safe="/?&=%:;,+!*'()$@~")

    def _headers(self, request: SystemRequest) -> dict[str, str]:
        headers = {"Accept": "application/json"}
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        if request.key:
            # A digest is valid in a header whatever the key contains, and shows no identity.
            headers["Idempotency-Key"] = sha256(request.key.encode()).hexdigest()[:32]
        if self._bearer:
            headers["Authorization"] = f"Bearer {self._bearer().get_secret_value()}"
        return headers

    def _log(self, line: str, start: float, **facts: str | int) -> None:
        milliseconds = round(1000 * (time.monotonic() - start))
        self._write(line, system=self._name, milliseconds=milliseconds, **facts)

    def _log_circuit(self, change: CircuitTransition) -> None:
        self._write("circuit changed", system=self._name, outcome=change.to_state.value)


def _text(response: HTTPResponse, until: float) -> str:
    content = b""
    while chunk := response.read1(_MOST_BYTES):
        content += chunk
        if len(content) > _MOST_BYTES or time.monotonic() > until:
            raise TimeoutError
    # http.client keeps the connection only after a closed response.
    response.close()
    return content.decode("utf-8", "replace")


def _seconds(header: str) -> int | None:
    """Return the seconds of a ``Retry-After``, or None for a time or no header."""
    return min(int(header), LONGEST_RETRY_AFTER) if header.isascii() and header.isdecimal() else None


def _until_probe(circuit: CircuitInfo | None) -> int:
    opened = circuit.opened_at if circuit else None
    return RECOVERY if opened is None else max(1, opened + RECOVERY - int(time.time()))


MAX_AGE: Final = 300
"""The seconds for which a value is cached. It is the default and the maximum of AWS's own extension for functions
(Lambda developer guide, "Use Secrets Manager secrets in Lambda functions", SECRETS_MANAGER_TTL)."""

_ABSENT: Final = "ResourceNotFoundException"


class Secrets:
    """The values of secrets. Each is read once, and again when it is older than MAX_AGE."""

    def __init__(self, client: Any) -> None:
        self._provider = SecretsProvider(boto3_client=client)

    def get(self, arn: str) -> SecretStr:
        """Return the value of the secret with this ARN.

        Raises:
            NoSecret: the secret has no value yet, or its value is not text.
            GetParameterError: Secrets Manager refused the request or could not be reached.
        """
        try:
            value = self._provider.get(arn, max_age=MAX_AGE)
        except GetParameterError as error:
            cause = error.__context__
            if isinstance(cause, ClientError) and cause.response.get("Error", {}).get("Code") == _ABSENT:
                raise without_value(arn) from None
            raise
        if not isinstance(value, str):
            raise without_value(arn)
        return SecretStr(value)


_SECONDS: Final = 10.0
"""The timeout in seconds of a connection and of an answer."""


class Unanswered(Exception):
    """No answer came: the request may or may not have taken effect."""


class Signed:
    """A sender of requests to one service, in sequence.

    Args:
        service: the service's name in signatures, such as ``dynamodb``.
        credentials: the credentials of the sender.
        region: the service's region.
        endpoint: the service's URL there.
    """

    def __init__(self, service: str, credentials: "Credentials", region: str, endpoint: str) -> None:
        place = urlsplit(endpoint)
        self._service = service
        self._credentials = credentials
        self._region = region
        self._url = f"{place.scheme}://{place.netloc}/"
        self._connection = _KINDS[place.scheme](place.netloc, timeout=_SECONDS)

    def post(self, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """Return the status and the body of the answer. Raises Unanswered."""
        request = AWSRequest("POST", self._url, data=body, headers=headers)
        SigV4Auth(self._credentials.get_frozen_credentials(), self._service, self._region).add_auth(request)
        try:
            self._connection.request("POST", "/", body, dict(request.headers.items()))
            answer = self._connection.getresponse()
            return answer.status, answer.read()
        except (HTTPException, OSError) as error:
            # The next request opens a new connection: this one may be from before the function was frozen.
            self._connection.close()
            raise Unanswered(str(error)) from error

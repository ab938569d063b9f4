"""Another system over HTTP, on a server of this machine: what a caller gets when it is slow, broken, down or back."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.circuit_breaker import base
from botocore.exceptions import ClientError
from pydantic import SecretStr

from bounded_context import Unavailable
from bounded_context.adapters import systems
from bounded_context.adapters.systems import CIRCUIT, HttpSystem, circuits
from bounded_context.application.ports import BadReply, Throttled
from bounded_context.declaration.entry_points import NoSecret
from bounded_context.testing.functions import TABLE
from bounded_context_local.stand_ins import Request, Response, serving

PERSON = "ada-lovelace"


class BureauUnavailable(Unavailable):
    """The bureau does not answer."""


class Bureau:
    """A server: its answers, of which the last is repeated, the requests that it got, and the lines about them."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str], bytes]] = [(200, {}, b'{"approved": true}')]
        self.requests: list[Request] = []
        self.lines: list[dict[str, Any]] = []
        self.delay = 0.0
        self.address = ""

    def respond(self, request: Request) -> Response:
        self.requests.append(request)
        time.sleep(self.delay)
        return Response(*(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]))

    def only(self, status: int, **headers: str) -> None:
        self.answers = [(status, {name.replace("_", "-"): value for name, value in headers.items()}, b"{}")]


@pytest.fixture
def bureau(monkeypatch: pytest.MonkeyPatch) -> Bureau:
    monkeypatch.setattr("bounded_context.adapters.conditional.random.uniform", lambda *_: 0)
    return Bureau()


@pytest.fixture
def system(bureau: Bureau, table: Any) -> Iterator[HttpSystem]:
    for counters in (base._LOCAL_FAILURES, base._LOCAL_SUCCESSES, base._LAST_OBSERVED_STATE):
        counters.clear()
    with serving(bureau.respond, 0, "bureau") as address:
        bureau.address = address
        log = lambda line, **facts: bureau.lines.append({"message": line, **facts})  # noqa: E731
        yield HttpSystem("bureau", address, BureauUnavailable, _store(), lambda: SecretStr("t-1"), log)


def _store() -> Any:
    return circuits(TABLE, boto3.client("dynamodb"))


def _ask(system: HttpSystem, key: str = "p-1") -> Any:
    return system.post(f"/payers/{PERSON}", {"amount": 7}, key=key).json()


def test_retries_have_one_key_and_the_token(system: HttpSystem, bureau: Bureau) -> None:
    """Two failures are repeated; another effect has another key, and no key shows an identity."""
    bureau.answers = [(503, {}, b""), (429, {}, b""), *bureau.answers]
    assert _ask(system) == {"approved": True}
    _ask(system, "p-2")
    keys = [request.headers["Idempotency-Key"] for request in bureau.requests]
    assert len(bureau.requests) == 4
    assert len(set(keys[:3])) == 1
    assert keys[3] not in keys[:3]
    assert {request.headers["Authorization"] for request in bureau.requests} == {"Bearer t-1"}


def test_a_slow_system_is_abandoned_after_its_timeout(
    system: HttpSystem, bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A try ends, and so does the call."""
    monkeypatch.setattr(systems, "SECONDS", 0.05)
    system._connection.timeout = 0.05
    bureau.delay = 0.5
    began = time.monotonic()
    with pytest.raises(BureauUnavailable):
        _ask(system)
    assert time.monotonic() - began < 1


def test_the_refusal_has_the_seconds_that_the_system_requests(system: HttpSystem, bureau: Bureau) -> None:
    """At most an hour; a date has the default."""
    for header, seconds in (("7", 7), ("999999", 3600), ("Sat, 28 Nov 2026 09:00:00 GMT", 30)):
        bureau.only(503, Retry_After=header)
        with pytest.raises(BureauUnavailable) as raised:
            _ask(system)
        assert raised.value.retry_after == seconds


def test_after_five_failures_the_system_is_not_called_until_a_probe_succeeds(
    system: HttpSystem, bureau: Bureau, table: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also by other functions: the circuit is an item of the table. Replies such as 404 do not count."""
    bureau.only(404)
    for _ in range(6):
        assert system.get("/").status == 404
    bureau.only(500)
    for _ in range(5):
        with pytest.raises(BureauUnavailable):
            _ask(system)
    count = len(bureau.requests)
    other = HttpSystem("bureau", bureau.address, BureauUnavailable, _store())
    for client in (system, other):
        with pytest.raises(BureauUnavailable) as raised:
            _ask(client)
        assert 1 <= raised.value.retry_after <= 30
    assert len(bureau.requests) == count
    item = table.get_item(Key={"pk": f"{CIRCUIT}bureau"})["Item"]
    assert item["circuit_state"] == "OPEN"
    table.update_item(
        Key={"pk": item["pk"]}, UpdateExpression="SET opened_at = :then", ExpressionAttributeValues={":then": 0}
    )
    bureau.only(200)
    probing = HttpSystem("bureau", bureau.address, BureauUnavailable, _store())
    assert _ask(probing) == {}
    assert table.get_item(Key={"pk": item["pk"]})["Item"]["circuit_state"] == "CLOSED"


def test_a_fault_of_this_context_opens_no_circuit(system: HttpSystem, bureau: Bureau) -> None:
    """A missing token is not the system's outage."""

    def missing() -> SecretStr:
        raise NoSecret

    own = HttpSystem("bureau", bureau.address, BureauUnavailable, _store(), missing)
    for _ in range(6):
        with pytest.raises(NoSecret):
            _ask(own)
    assert _ask(system) == {"approved": True}


def test_a_throttled_read_of_the_token_is_throttling(system: HttpSystem, bureau: Bureau) -> None:
    """The step of a list retries it, and does not count it as a failure of the rule."""

    def throttled() -> SecretStr:
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "GetSecretValue")

    with pytest.raises(Throttled):
        _ask(HttpSystem("bureau", bureau.address, BureauUnavailable, _store(), throttled))


@pytest.mark.parametrize("status", [302, 404])
def test_another_status_is_a_reply_and_no_success(system: HttpSystem, bureau: Bureau, status: int) -> None:
    """A redirect is not followed: it would get the token."""
    bureau.only(status, Location="http://127.0.0.1:9/")
    assert system.get("/").status == status
    with pytest.raises(BadReply, match=str(status)):
        _ask(system)


def test_a_reply_has_a_limited_size(system: HttpSystem, bureau: Bureau) -> None:
    """Memory is not the system's to fill."""
    bureau.answers = [(200, {}, b"1" * (1024 * 1024 + 1))]
    with pytest.raises(BureauUnavailable):
        system.get("/")


def test_a_kept_connection_that_has_ended_costs_one_attempt(system: HttpSystem, bureau: Bureau) -> None:
    """A function may have been frozen since its last call."""
    bureau.answers = [(200, {"Connection": "keep-alive"}, b"{}")]
    system.get("/")
    system._connection.sock.shutdown(socket.SHUT_RDWR)
    assert system.get("/").status == 200


def test_no_path_names_another_host(system: HttpSystem, bureau: Bureau) -> None:
    """Each goes below the address."""
    for path in ("@127.0.0.1:9/", "//127.0.0.1:9/x", ":9/", "http://127.0.0.1:9/", "/a b\r\nHost: c"):
        assert system.get(path).status == 200
    assert len(bureau.requests) == 5


def test_lines_have_neither_address_nor_content(system: HttpSystem, bureau: Bureau) -> None:
    """Nor has the refusal, whose text callers get."""
    bureau.answers = [(200, {}, b"{}"), (500, {}, b"{}")]
    _ask(system)
    with pytest.raises(BureauUnavailable) as raised:
        _ask(system)
    assert [line["message"] for line in bureau.lines] == ["system called", "system unavailable"]
    text = str(bureau.lines) + str(raised.value) + str(raised.value.__cause__)
    assert PERSON not in text
    assert "t-1" not in text

"""A stack whose callers have tokens and pages: who is let in, and which pages may read an answer."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from bounded_context_local.actors.caller import ApiCaller
from bounded_context_local.running.context import RunningContext, api_caller, api_owner
from bounded_context_local.running.start import running_context

from .api import bearer, send, unsigned
from .facts import GET, PROJECT, ROUTES, with_api
from .tokens import Issuer, published

pytestmark = [pytest.mark.e2e, with_api]

AUDIENCE, ORIGIN = "ours", "https://app.example.org"


@dataclass(frozen=True)
class Stack:
    """The running context, and who issues its callers' tokens."""

    deployed: RunningContext
    issuer: Issuer

    def caller(self, issuer: Issuer | None = None, **claims: object) -> ApiCaller:
        """Return a caller with a good token, but for these claims, or of another issuer."""
        return api_caller(self.deployed, bearer((issuer or self.issuer).token(**{"aud": AUDIENCE, **claims})))


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with published() as issuer:
        jwt = {"issuer": issuer.url, "audience": [AUDIENCE]}
        with running_context(PROJECT, settings={"api_jwt": jwt, "api_cors_origins": [ORIGIN]}) as deployed:
            yield Stack(deployed, issuer)


@pytest.mark.parametrize("function", ROUTES)
def test_every_route_accepts_valid_tokens_only(stack: Stack, function: str) -> None:
    """None, one that is over, not yet good, for others, of others, forged; a signature is none either."""
    now = int(time.time())
    body = {} if ROUTES[function].startswith("POST") else None
    assert send(stack.caller(), function, body=body).status not in (401, 403)
    bad = {
        "none": api_caller(stack.deployed, unsigned),
        "a signature": api_owner(stack.deployed),
        "no token": api_caller(stack.deployed, bearer("abc")),
        "over": stack.caller(exp=now - 1),
        "not yet good": stack.caller(nbf=now + 60),
        "for others": stack.caller(aud="theirs"),
        "of others": stack.caller(iss="https://login.example.org"),
        "forged": stack.caller(Issuer(stack.issuer.url)),
    }
    statuses = {who: send(sender, function, body=body).status for who, sender in bad.items()}
    assert statuses == dict.fromkeys(bad, 401)


def test_only_the_named_origin_may_read_an_answer(stack: Stack) -> None:
    """Its pages get the headers for it, before and with the answer; others get none."""
    for origin, allowed in ((ORIGIN, ORIGIN), ("https://evil.example.org", None)):
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        preflight = api_caller(stack.deployed, unsigned).send("OPTIONS", "/", headers=headers)
        assert preflight.headers.get("access-control-allow-origin") == allowed
        answer = send(stack.caller(), GET, origin=origin)
        assert answer.headers.get("access-control-allow-origin") == allowed
        assert "access-control-allow-credentials" not in answer.headers
    preflight = api_caller(stack.deployed, unsigned).send("OPTIONS", "/", headers={"Origin": ORIGIN})
    assert {"idempotency-key", "if-match"} <= set(preflight.headers["access-control-allow-headers"].split(","))

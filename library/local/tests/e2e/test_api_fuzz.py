"""Made-up requests to the deployed HTTP API, many each night: what the document promises holds, and nothing breaks."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
import schemathesis
from botocore.awsrequest import AWSRequest
from hypothesis import HealthCheck, Phase, given, seed, settings
from requests.auth import AuthBase
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks

from bounded_context_local.actors.caller import Sign
from bounded_context_local.running.context import Observation, RunningContext, collect

from .api import details, identity, permitted, send, signing
from .facts import CREATE, ID, PROJECT, ROUTES, with_api
from .lists import Sample

pytestmark = [pytest.mark.e2e, pytest.mark.nightly, with_api]

DOCUMENT = PROJECT.root / "docs" / "api" / "openapi.json"
SEED = 20261125
COUNT = 2_000
"""Requests in all, at least."""

STRANGERS = 200
"""One in so many may have an address that the sender and the emulator write in two ways, for the signature."""

EXISTING = 15
"""More requests to a route that is about one of them, about one that is there."""

PROMISES = (
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
)


def _promises(case: Case) -> tuple[Any, ...]:
    """What is promised to a request.

    An address has texts alone: a list of one text is written as that text, and nobody can tell it from a good value.
    """
    nested = any(isinstance(value, list | dict) for value in (case.query or {}).values())
    return PROMISES[:-1] if nested else PROMISES


class Signed(AuthBase):
    """Signs what the library sends: who it is, when, where to, and the body."""

    def __init__(self, sign: Sign) -> None:
        self._sign = sign

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        url, mark, query = (request.url or "").partition("?")
        # A blank is signed as %20.
        request.url = f"{url}{mark}{query.replace('+', '%20')}"
        data = request.body.encode() if isinstance(request.body, str) else request.body
        signed = AWSRequest(method=request.method, url=request.url, data=data)
        self._sign(signed)
        request.headers.update(dict(signed.headers.items()))
        return request


@dataclass
class Fuzz:
    """What was sent so far, and what became of it."""

    url: str
    auth: Signed
    least: int
    began: float = field(default_factory=time.time)
    statuses: Counter[int] = field(default_factory=Counter)
    broken: dict[str, str] = field(default_factory=dict)
    """A broken promise, by the route and the promise, with the first request that broke it."""

    strangers: list[str] = field(default_factory=list)
    """Where the requests went whose signature was not taken."""

    def send(self, operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode, count: int, **fixed: Any) -> None:
        """Send so many made-up requests to a route."""

        @seed(SEED)
        @settings(
            max_examples=count,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        )
        @given(case=operation.as_strategy(mode, **fixed))
        def check_case(case: Case) -> None:
            self._send(case)

        check_case()

    def _send(self, case: Case) -> None:
        response = case.call(base_url=self.url, auth=self.auth)
        self.statuses[response.status_code] += 1
        if response.status_code in (401, 403):
            self.strangers.append(f"{case.operation.label}: {response.request.url}")
        # What has no id of ours was answered by API Gateway itself, of which the document says nothing.
        ours = "x-correlation-id" in response.headers
        try:
            case.validate_response(response, checks=list(_promises(case) if ours else PROMISES[:1]))
        except FailureGroup as failures:
            for failure in failures.exceptions:
                self.broken.setdefault(f"{case.operation.label}: {type(failure).__name__}", f"{failure}\n{failures}")


@pytest.fixture(scope="module")
def fuzzed(deployed: RunningContext, sample: Callable[[int], Sample]) -> Fuzz:
    """All requests, sent one after the other, always the same: to each route as the document says, and not so."""
    schema = schemathesis.openapi.from_path(DOCUMENT)
    fuzz = Fuzz(deployed.outputs["api"]["url"], Signed(signing(deployed, ROUTES)), COUNT)
    each = COUNT // max(1, len(ROUTES)) // 2 + COUNT // 40
    for method, path in (key.split(" ") for key in ROUTES.values()):
        operation = schema[path][method]
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            fuzz.send(operation, mode, each)
        if path.count("{"):
            there = {"path_parameters": {ID: _created(deployed, sample)}}
            fuzz.send(operation, GenerationMode.POSITIVE, EXISTING, **there)
    return fuzz


def _created(deployed: RunningContext, sample: Callable[[int], Sample]) -> str:
    body = details(sample(1))
    assert send(permitted(deployed), CREATE, body=body).status == 201
    return identity(body)


def test_enough_was_sent_and_the_functions_were_reached(fuzzed: Fuzz) -> None:
    """Most requests by far are let in; what is made up well is done, and what is not is refused."""
    assert fuzzed.statuses.total() >= fuzzed.least, fuzzed.statuses
    assert len(fuzzed.strangers) <= fuzzed.least // STRANGERS, fuzzed.strangers
    assert {200, 201, 400, 404, 422} <= set(fuzzed.statuses), fuzzed.statuses


def test_no_answer_is_a_server_error(fuzzed: Fuzz) -> None:
    """No answer is an error of ours."""
    assert [status for status in fuzzed.statuses if status >= 500] == []


def test_every_answer_matches_the_document(fuzzed: Fuzz) -> None:
    """Its status, its headers and its body; and what the document forbids is refused."""
    assert fuzzed.broken == {}, "\n\n".join(fuzzed.broken.values())


def test_no_function_logs_an_error(deployed: RunningContext, fuzzed: Fuzz) -> None:
    """Neither an error in a log nor a call that failed."""
    assert list(_errors(collect(deployed), fuzzed.began)) == []


def _errors(seen: Observation, since: float) -> Iterator[str]:
    for line in seen.lines:
        bad = line.level in ("ERROR", "CRITICAL") or "Traceback" in line.message
        if bad and line.time >= since and line.function in ROUTES:
            yield f"{line.function}: {line.message}"

"""The HTTP API as its callers use it: signed requests to the deployed routes."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bounded_context_local.actors.caller import Answer, ApiCaller
from bounded_context_local.emulator.process import CALLS_AT_ONCE
from bounded_context_local.running.context import RunningContext

from .api import details, identity, permitted, problem_of, send
from .facts import CHANGES, CONTEXT, CREATE, CREATED, DELETE, DELETED, GET, LIST, ROUTES, with_api
from .lists import Sample, import_list

pytestmark = [pytest.mark.e2e, with_api]

TOGETHER = 200
"""Callers."""

PATIENCE = 240.0
"""Seconds that a caller goes on."""

SECONDS = 30.0


@pytest.fixture(scope="module")
def ours(deployed: RunningContext) -> ApiCaller:
    """A caller who may use every route."""
    return permitted(deployed)


def test_life_of_an_aggregate(deployed: RunningContext, ours: ApiCaller, sample: Callable[[int], Sample]) -> None:
    """Created, read, changed, listed, deleted, and then not found; subscribers hear of each."""
    body = details(sample(1))
    own = identity(body)
    created = send(ours, CREATE, body=body)
    assert created.status == 201
    assert len(created.headers["etag"]) == len('"482910573012345"')
    assert created.headers["location"].endswith(f"/{own}")
    assert send(ours, GET, own).json == created.json
    assert send(ours, GET, own, if_none_match=created.headers["etag"]).status == 304
    statuses = [created.json["status"]]
    for change in CHANGES:
        changed = send(ours, change, own)
        assert changed.status == 200
        statuses.append(changed.json["status"])
    assert send(ours, DELETE, own).status == 200
    assert problem_of(send(ours, GET, own)) == (404, "not-found")
    for received in _events(deployed, own, len(statuses) + 1):
        assert [event["type"] for event in received] == [
            *(CONTEXT.event_by_status[status] for status in statuses),
            DELETED,
        ]


def test_a_key_has_one_effect_and_belongs_to_one_command(ours: ApiCaller, sample: Callable[[int], Sample]) -> None:
    """The same request again gets the same answer; another body under that key is refused."""
    body, key = details(sample(1)), "order-4711"
    first, again = (send(ours, CREATE, body=body, idempotency_key=key) for _ in range(2))
    assert (first.status, again.status) == (201, 201)
    assert again.json == first.json
    other = send(ours, CREATE, body=details(sample(1)), idempotency_key=key)
    assert problem_of(other) == (422, "idempotency-key-reused")
    assert problem_of(send(ours, CREATE, body=body)) == (409, "already-exists")


def test_a_key_is_the_callers_own(deployed: RunningContext, ours: ApiCaller, sample: Callable[[int], Sample]) -> None:
    """Another caller's key of the same name is another key: nobody gets an answer that was another's."""
    mine, others = details(sample(1)), details(sample(1))
    assert send(ours, CREATE, body=mine, idempotency_key="one").status == 201
    assert send(permitted(deployed), CREATE, body=others, idempotency_key="one").status == 201


def test_a_change_is_for_the_version_that_its_caller_has_read(ours: ApiCaller, sample: Callable[[int], Sample]) -> None:
    """Whoever was slower reads again."""
    body = details(sample(1))
    created = send(ours, CREATE, body=body)
    assert created.status == 201
    assert problem_of(send(ours, DELETE, identity(body), if_match='"7"')) == (412, "version-conflict")
    assert send(ours, DELETE, identity(body), if_match=created.headers["etag"]).status == 200


@pytest.mark.parametrize("function", [CREATE, GET])
def test_an_answer_has_the_correlation_id_of_its_request(ours: ApiCaller, function: str) -> None:
    """The caller's own id, or a new one; refusals have it too."""
    response = send(ours, function, x_correlation_id="checkout-17")
    assert response.headers["x-correlation-id"] == response.json["correlation_id"] == "checkout-17"
    assert len({send(ours, function).headers["x-correlation-id"] for _ in range(2)}) == 2


def test_a_list_is_read_page_by_page(
    deployed: RunningContext, ours: ApiCaller, sample: Callable[[int], Sample]
) -> None:
    """Every row once, however the pages are cut; a cursor of another question is refused."""
    sent = sample(130)
    result = import_list(deployed, sent, expected=131)
    identities: list[str] = []
    method, path = ROUTES[LIST].split(" ")
    query = f"{path}?list_id={result.list_id}&limit=50"
    cursor, pages = None, 0
    while cursor is not None or not pages:
        page = ours.send(method, f"{query}&cursor={cursor}" if cursor else query)
        assert page.status == 200, page
        identities += [identity(item) for item in page.json["items"]]
        cursor, pages = page.json["next_cursor"], pages + 1
        assert pages < 50
        if cursor:
            assert problem_of(ours.send(method, f"{path}?limit=3&list_id=other&cursor={cursor}"))[0] == 400
    assert len(identities) == len(set(identities)) == 130
    assert set(identities) == sent.identities
    assert pages >= 3


REFUSED: dict[str, tuple[object, dict[str, str], tuple[int, str]]] = {
    "no JSON": (b"{", {}, (400, "malformed-request")),
    "no object": ([1], {}, (422, "invalid")),
    "no details": ({}, {}, (422, "invalid")),
    "a member too many": ({"colour": "red"}, {}, (422, "invalid")),
    "a member twice": (b'{"a": 1, "a": 2}', {}, (400, "malformed-request")),
    "no UTF-8": (b'{"a": "\xff"}', {"content_type": "application/octet-stream"}, (415, "unsupported-media-type")),
    "a form": (b"a=1", {"content_type": "application/x-www-form-urlencoded"}, (415, "unsupported-media-type")),
    "too large": ({"padding": "x" * 70_000}, {}, (413, "too-large")),
    "a key with a blank": ({}, {"idempotency_key": "a b"}, (400, "bad-parameter")),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_invalid_command_is_refused_as_a_problem(ours: ApiCaller, case: str) -> None:
    """With a status and a code that say whose fault it is."""
    body, headers, expected = REFUSED[case]
    assert problem_of(send(ours, CREATE, body=body, **headers)) == expected


@pytest.fixture(scope="module")
def warm(ours: ApiCaller) -> None:
    """Let the function's processes start: so many at once take longer than a call may, and would be cut off."""
    for _ in range(2):
        _together(lambda: send(ours, CREATE, body={}), CALLS_AT_ONCE)


@pytest.mark.usefixtures("warm")
def test_a_command_that_many_send_at_once_has_one_effect(
    deployed: RunningContext, ours: ApiCaller, sample: Callable[[int], Sample]
) -> None:
    """200 callers send it, again while they are told to wait: all get one answer, and one event tells of it."""
    body = details(sample(1))
    answers = _together(lambda: send(ours, CREATE, body=body, idempotency_key="at-once"))
    assert Counter(answer.status for answer in answers) == {201: TOGETHER}
    assert all(answer.json == answers[0].json for answer in answers)
    _has_one_effect(deployed, identity(body))


@pytest.mark.usefixtures("warm")
def test_without_a_key_one_of_many_requests_creates_and_the_others_conflict(
    deployed: RunningContext, ours: ApiCaller, sample: Callable[[int], Sample]
) -> None:
    """The condition of the write decides, not who asked first."""
    body = details(sample(1))
    answers = _together(lambda: send(ours, CREATE, body=body))
    outcomes = Counter(answer.status if answer.status == 201 else problem_of(answer) for answer in answers)
    assert outcomes == {201: 1, (409, "already-exists"): TOGETHER - 1}
    _has_one_effect(deployed, identity(body))


def _together(send_one: Callable[[], Answer], callers: int = TOGETHER) -> list[Answer]:
    """Return the last answer to each of the callers, who begin at one time."""
    together = threading.Barrier(callers)

    def call() -> Answer:
        together.wait()
        return _once_told(send_one)

    with ThreadPoolExecutor(callers) as pool:
        return [sent.result() for sent in [pool.submit(call) for _ in range(callers)]]


def _once_told(send_one: Callable[[], Answer]) -> Answer:
    """Send until the answer is no longer that there is too much, or that the same command is being run."""
    deadline = time.monotonic() + PATIENCE
    while True:
        answer = send_one()
        wait = answer.status == 429 or (answer.status == 409 and answer.json["code"] == "in-progress")
        if not wait or time.monotonic() > deadline:
            return answer
        time.sleep(random.uniform(0.5, 1.5))  # noqa: S311 (when to try again is no secret)


def _has_one_effect(deployed: RunningContext, own: str) -> None:
    item = deployed.table.item_of(own)
    assert item is not None
    assert item["version"] == 1
    _events(deployed, own, 1)
    # A second event would come within moments of the first.
    time.sleep(2)
    for received in _events(deployed, own, 1):
        assert [event["type"] for event in received] == [CREATED]


def _events(deployed: RunningContext, own: str, expected: int) -> list[list[Any]]:
    """Return each subscriber's events of one aggregate, once there are so many."""
    deadline = time.monotonic() + SECONDS
    while True:
        events = [
            [event for event in subscriber.events if event["subject"] == own] for subscriber in deployed.subscribers
        ]
        if min(map(len, events), default=expected) >= expected or time.monotonic() > deadline:
            return events
        time.sleep(0.05)

"""The queries, over HTTP."""

from typing import Any

import pytest
from payment.context import PAYMENT

from tests.emf import totals
from tests.handlers.conftest import Lines
from tests.handlers.functions import CHANGE, GET, ID, LIST
from tests.handlers.messages import brought, identity
from tests.handlers.requests import create, send

pytestmark = pytest.mark.usefixtures("function")


def test_an_aggregate_is_returned_with_its_version():
    """Right after it was written: it is read consistently."""
    created = create(1)
    answer = send(GET, identity=identity(1))
    assert (answer.status, answer.body) == (200, created.body)
    assert answer.headers["etag"] == created.headers["etag"]
    send(CHANGE, identity=identity(1))
    assert send(GET, identity=identity(1)).headers["etag"] != created.headers["etag"]


@pytest.mark.parametrize("held", ["{}", "W/{}", '"7", {}', '"7",{}', "*"])
def test_who_has_the_newest_version_is_not_sent_it_again(held: str):
    """RFC 9110: weak tags are compared too."""
    tag = create(1).headers["etag"]
    answer = send(GET, identity=identity(1), headers={"If-None-Match": held.format(tag)})
    assert (answer.status, answer.body, answer.headers["etag"]) == (304, None, tag)


@pytest.mark.parametrize("held", ['"2"', "1", "", '"x"', '"11"'])
def test_who_has_another_version_is_sent_the_newest(held: str):
    """Whatever it has."""
    create(1)
    assert send(GET, identity=identity(1), headers={"if-none-match": held}).status == 200


def test_a_missing_aggregate_is_not_found():
    """By the same code as in a message's answer."""
    assert send(GET, identity="nobody").body["code"] == "not-found"


def test_aggregates_of_a_list_are_returned_page_by_page():
    """Until there is no next cursor."""
    created = {brought(n)[ID] for n in range(5)}
    query: dict[str, Any] = {"list_id": "l-1", "limit": 2}
    ids: list[str] = []
    while True:
        answer = send(LIST, query=query)
        assert answer.status == 200
        assert len(answer.body["items"]) <= 2
        ids += [item[ID] for item in answer.body["items"]]
        if answer.body["next_cursor"] is None:
            break
        query["cursor"] = answer.body["next_cursor"]
    assert (len(ids), set(ids)) == (5, created)


@pytest.mark.parametrize(
    "query",
    [
        None,
        {"limit": 10},
        {"status": PAYMENT.initial_status.value},
        {"status": "UNHEARD_OF"},
        {"status": ""},
        {"list_id": ""},
        {"list_id": "x" * 65},
        {"list_id": "l-1", "limit": 0},
        {"list_id": "l-1", "limit": 101},
        {"list_id": "l-1", "limit": "ten"},
        {"list_id": "l-1", "limit": [1, 2]},
        {"list_id": "l-1", "limit": "9" * 5000},
        {"list_id": "l-1", "cursor": ""},
        {"list_id": "l-1", "cursor": "abc"},
        {"list_id": "l-1", "cursor": "é"},
        {"list_id": "l-1", "cursor": "x" * 513},
        {"list_id": "l-1", "cursor": "W10"},
    ],
)
def test_an_invalid_query_is_a_problem(query: dict[str, Any] | None):
    """Everything is none either."""
    answer = send(LIST, query=query)
    assert (answer.status, answer.body["code"]) == (400, "bad-parameter")


def test_a_cursor_is_good_for_its_own_question_only():
    """Another list's, or another status's, would lead nowhere."""
    for n in range(3):
        brought(n)
    cursor = send(LIST, query={"list_id": "l-1", "limit": 1}).body["next_cursor"]
    assert send(LIST, query={"list_id": "l-1", "cursor": cursor}).status == 200
    assert send(LIST, query={"list_id": "l-2", "cursor": cursor}).status == 400
    assert send(LIST, query={"list_id": "l-1", "status": PAYMENT.initial_status.value, "cursor": cursor}).status == 400


def test_a_query_counts_as_no_refused_command(lines: Lines, capsys: pytest.CaptureFixture[str]):
    """Its line says how it ended."""
    create(1)
    send(GET, identity=identity(1))
    send(GET, identity="nobody")
    assert totals(capsys.readouterr().out) == {}
    assert [(line["message"], line.get("code")) for line in lines()[1:]] == [
        ("query answered", None),
        ("query refused", "not-found"),
    ]


def test_each_status_can_be_queried():
    """Also one that nothing stands in."""
    for status in PAYMENT.statuses:
        assert send(LIST, query={"list_id": "l-1", "status": status.value}).body == {"items": [], "next_cursor": None}

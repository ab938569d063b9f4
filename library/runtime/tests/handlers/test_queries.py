"""The queries, as messages."""

from typing import Any

import pytest
from payment.context import PAYMENT

from tests.emf import totals
from tests.handlers.conftest import Lines
from tests.handlers.functions import GET, ID, LIST
from tests.handlers.messages import brought, call, created, identity

pytestmark = pytest.mark.usefixtures("function")


def _page(**filters: Any) -> dict[str, Any]:
    return call(LIST, {"payload": filters})


def test_an_aggregate_is_returned_with_its_version():
    """Right after it was written: it is read consistently."""
    aggregate = created(1)
    assert aggregate["version"] == 1
    answer = call(GET, {"payload": {ID: identity(1)}})
    assert (answer["ok"], answer[PAYMENT.name]) == (True, aggregate)
    assert len(answer["etag"]) == 15


def test_a_missing_aggregate_is_not_found():
    """By a code."""
    assert call(GET, {"payload": {ID: "nobody"}})["error"]["code"] == "not-found"


def test_aggregates_of_a_list_are_returned_page_by_page():
    """Until there is no next cursor."""
    aggregates = [brought(n) for n in range(5)]
    page = _page(list_id="l-1", limit=2)
    items: list[dict[str, Any]] = page["items"]
    while page["next_cursor"] is not None:
        page = _page(list_id="l-1", limit=2, cursor=page["next_cursor"])
        assert len(page["items"]) <= 2
        items += page["items"]
    assert sorted(items, key=lambda item: item[ID]) == sorted(aggregates, key=lambda aggregate: aggregate[ID])


def test_a_cursor_is_good_for_its_own_question_only():
    """Another list's would lead nowhere."""
    for n in range(3):
        brought(n)
    cursor = _page(list_id="l-1", limit=1)["next_cursor"]
    assert _page(list_id="l-1", cursor=cursor)["ok"]
    assert _page(list_id="l-2", cursor=cursor)["error"]["code"] == "invalid"


def test_a_query_without_an_index_is_refused_with_its_reason():
    """The context is listed by list alone."""
    refused = _page(status=PAYMENT.initial_status.value)["error"]
    assert (refused["code"], refused["detail"]) == ("invalid", "list_id is needed: there is no index by status alone")


@pytest.mark.parametrize(
    ("function_name", "event"),
    [
        (GET, {}),
        (GET, {"payload": {}}),
        (GET, {"payload": {ID: "a/b"}}),
        (LIST, {"payload": {}}),
        (LIST, {"payload": {"list_id": 7}}),
        (LIST, {"payload": {"list_id": "l-1", "cursor": "abc"}}),
        (LIST, {"payload": {"list_id": "l-1"}, "more": 1}),
        (LIST, {"payload": {"list_id": "l-1", "unheard_of": 1}}),
    ],
)
def test_a_bad_message_is_refused(function_name: str, event: Any):
    """With what is wrong."""
    answer = call(function_name, event)
    assert (answer["ok"], answer["error"]["code"]) == (False, "invalid")
    assert answer["error"]["detail"]


def test_a_query_counts_as_no_refused_command(lines: Lines, capsys: pytest.CaptureFixture[str]):
    """Its line says how it ended."""
    created(1)
    call(GET, {"payload": {ID: identity(1)}})
    call(GET, {"payload": {ID: "nobody"}})
    assert totals(capsys.readouterr().out) == {}
    assert [(line["message"], line.get("code")) for line in lines()[1:]] == [
        ("query answered", None),
        ("query refused", "not-found"),
    ]


def test_each_status_can_be_queried():
    """Also one that nothing stands in."""
    for status in PAYMENT.statuses:
        assert _page(list_id="l-1", status=status.value) == {"ok": True, "items": [], "next_cursor": None}

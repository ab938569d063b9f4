"""Deprecated functions and events: headers, log lines, metrics, and declarations that are refused."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import http_sf
import pytest
from payment.context import PAYMENT

from bounded_context import BadContext, Context
from bounded_context.adapters.items import Changes, to_list
from bounded_context.application.importing import list_event
from bounded_context.declaration.entry_points import SMOKE
from bounded_context.domain.lists import ListStatus
from bounded_context.handlers import command_handler, get_handler, measure_lists, relay_events
from bounded_context.testing import InMemoryAggregates, Samples
from bounded_context.testing.functions import LambdaContext
from tests.contracts.test_previous_version import CREATED, FRONTEND, beside
from tests.emf import totals
from tests.handlers.conftest import Lines
from tests.handlers.requests import IAM, JSON, request
from tests.handlers.test_relay_events import _record
from tests.streams import change, closing, list_item

DAYS = "2026-12-01/2027-03-31"
GET = PAYMENT.get_function
DEPRECATED: Context[Any] = replace(
    PAYMENT, deprecated={"register_payment": DAYS, GET: DAYS, f"{CREATED}.1": "2027-03-31"}
)
BODY = json.dumps(Samples(PAYMENT).values(1))
REGISTER = request("register_payment", BODY, headers=JSON)


def _handler(context: Context[Any] = DEPRECATED) -> Any:
    stored = InMemoryAggregates(context)
    return command_handler(context, context.creating.model, context.creating.rule, lambda: stored)


def _get(context: Context[Any] = DEPRECATED) -> Any:
    return get_handler(context, lambda: InMemoryAggregates(context))


def _parsed(text: str) -> Any:
    """Read an item of a structured field: its value and its parameters."""
    return http_sf.parse(text.encode(), tltype="item")


def _is_complete(headers: dict[str, str]) -> None:
    """Two parsers that the library does not use read the headers."""
    since, parameters = _parsed(headers["Deprecation"])
    assert (since, parameters) == (datetime(2026, 12, 1, tzinfo=UTC), {})
    assert parsedate_to_datetime(headers["Sunset"]) == datetime(2027, 3, 31, tzinfo=UTC)
    assert headers["Sunset"] == "Wed, 31 Mar 2027 00:00:00 GMT"


@pytest.mark.parametrize("planted", ["2026-12-01", "1764547200", "Tue, 01 Dec 2026 00:00:00 GMT"])
def test_the_parser_rejects_headers_in_another_form(planted: str) -> None:
    with pytest.raises((ValueError, AssertionError)):
        since, _ = _parsed(planted)
        assert isinstance(since, datetime)


def test_each_answer_of_a_deprecated_route_has_both_headers(function: None, lines: Lines, capsys: Any) -> None:
    """Refusals have them, too. The log line has the calling application, and the metric its own dimension."""
    handler = _handler()
    created, refused = (handler(REGISTER, LambdaContext()) for _ in range(2))
    assert (created["statusCode"], refused["statusCode"]) == (201, 409)
    unknown = _get()(request(GET, identity="id-000001"), LambdaContext())
    assert unknown["statusCode"] == 404
    for response in (created, refused, unknown):
        _is_complete(response["headers"])
    counted = totals(capsys.readouterr().out)
    assert {key: counted[key] for key in counted if key[0] == "DeprecatedUses"} == {
        ("DeprecatedUses", "register_payment"): 2,
        ("DeprecatedUses", GET): 1,
    }
    first, *_ = (line for line in lines() if line["message"] == "deprecated function called")
    application = IAM["requestContext"]["authorizer"]["iam"]["userArn"].split("/")[1]
    assert (first["function"], first["sunset"], first["caller"]) == ("register_payment", "2027-03-31", application)


def test_messages_count_and_the_checks_of_new_versions_do_not(function: None, capsys: Any) -> None:
    """A message has no headers. A rollout sends an empty payload to each new version."""
    handler = _handler()
    answer = handler({"idempotency_key": "k-1", "payload": Samples(PAYMENT).values(1)}, LambdaContext())
    assert set(answer) == {"ok", "payment", "etag"}
    for check in ({"idempotency_key": "check-1", "payload": {}}, SMOKE.event):
        handler(check, LambdaContext())
    assert totals(capsys.readouterr().out)["DeprecatedUses", "register_payment"] == 1


def test_a_call_that_fails_counts(function: None, capsys: Any) -> None:
    """Its caller still relies on the route. API Gateway answers it without the function."""

    def failing() -> Any:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        get_handler(DEPRECATED, failing)(request(GET, identity="id-000001"), LambdaContext())
    assert totals(capsys.readouterr().out)["DeprecatedUses", GET] == 1


def test_other_functions_and_other_contexts_have_no_headers(function: None) -> None:
    for context in (PAYMENT, replace(PAYMENT, deprecated={"verify_payment": DAYS})):
        response = _handler(context)(REGISTER, LambdaContext())
        assert not {"Deprecation", "Sunset"} & response["headers"].keys()


def test_events_of_a_deprecated_version_are_counted_apart(
    function: None, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """Of two published versions, only the previous version is deprecated."""
    context = replace(beside(ready=(FRONTEND,)), deprecated={f"{CREATED}.1": "2027-03-31"})
    monkeypatch.setattr(relay_events, "CONTEXT", context)
    monkeypatch.setattr(relay_events, "_CHANGES", Changes(context))
    relay_events.lambda_handler({"Records": [_record(n) for n in range(3)]}, LambdaContext())
    counted = totals(capsys.readouterr().out)
    assert (counted["DeprecatedUses", f"{CREATED}.1"], counted["EventsPublished",]) == (3, 6)


@pytest.mark.parametrize("status", [ListStatus.IMPORTED, ListStatus.REJECTED, ListStatus.FAILED])
@pytest.mark.parametrize("deprecated", PAYMENT.list_events)
def test_deprecated_events_of_lists_are_counted(
    deprecated: str, status: ListStatus, function: None, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """Once for each closed list: the workflow publishes the event. A failed list has the event of a rejected one."""
    context = replace(PAYMENT, deprecated={f"{deprecated}.1": "2027-03-31"})
    monkeypatch.setattr(measure_lists, "CONTEXT", context)
    monkeypatch.setenv("IMPORT_TARGET_SECONDS", "900")
    closed = list_item(status)
    records = [closing(status), change(closed, closed | {"note": "x"}), change(None, list_item())]
    assert measure_lists.lambda_handler({"Records": records}, LambdaContext()) == {"batchItemFailures": []}
    published = list_event(context, to_list(closed), "")["type"]
    counted = totals(capsys.readouterr().out).get(("DeprecatedUses", f"{deprecated}.1"), 0)
    assert counted == (1 if published == deprecated else 0)


BAD: dict[str, tuple[Any, str]] = {
    "an event without its major version": (
        {CREATED: "2027-03-31"},
        f"deprecated has {CREATED!r}, which is no major version of an event, and no command or query "
        f"with a route: write {CREATED}.1, or remove it; an own route has its days in @route.",
    ),
    "an unknown version": (
        {f"{CREATED}.2": "2027-03-31"},
        f"deprecated has '{CREATED}.2', which is no major version of an event, and no command or query "
        f"with a route: write {CREATED}.1, or remove it; an own route has its days in @route.",
    ),
    "a misspelt function": (
        {"verify_paymnt": DAYS},
        "deprecated has 'verify_paymnt', which is no major version of an event, and no command or query "
        "with a route: write verify_payment, or remove it; an own route has its days in @route.",
    ),
    "a function without a route": (
        {"relay_events": DAYS},
        "deprecated has 'relay_events', which is no major version of an event, and no command or query "
        "with a route: remove it; an own route has its days in @route.",
    ),
    **{
        f"the day {day!r}": (
            {f"{CREATED}.1": day},
            f"deprecated: {CREATED}.1 has {day!r}: write the day from which it may be removed, such as '2027-03-31'.",
        )
        for day in ("31.03.2027", "20270331", "2027-02-30", "", None, 2027, "2026-12-01/", "/2027-03-31")
    },
    "a route without its first day": (
        {"verify_payment": "2027-03-31"},
        "deprecated: verify_payment has '2027-03-31': write the first day of its deprecation, too, such as "
        "'2026-12-01/2027-03-31'.",
    ),
    "an end before the first day": (
        {"verify_payment": "2027-03-31/2026-12-01"},
        "deprecated: verify_payment has '2027-03-31/2026-12-01': write the earlier day first.",
    ),
    "no mapping": (
        (f"{CREATED}.1",),
        f"deprecated is ('{CREATED}.1',): write " + '{"OrderPlaced.1": "2027-03-31"}.',
    ),
}


@pytest.mark.parametrize(("deprecated", "sentence"), BAD.values(), ids=BAD)
def test_a_bad_deprecation_is_refused(deprecated: Any, sentence: str) -> None:
    with pytest.raises(BadContext) as refused:
        replace(PAYMENT, deprecated=deprecated)
    assert str(refused.value) == sentence


def test_both_published_versions_and_the_events_of_lists_can_be_deprecated() -> None:
    """All have a metric."""
    imported = PAYMENT.list_events[0]
    context = replace(
        beside(), deprecated=dict.fromkeys((f"{CREATED}.1", f"{CREATED}.2", f"{imported}.1"), "2027-03-31")
    )
    assert context.measures.deprecated_uses.values == (f"{CREATED}.1", f"{CREATED}.2", f"{imported}.1")
    assert PAYMENT.measures.deprecated_uses not in PAYMENT.measures.all

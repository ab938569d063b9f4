"""Own routes of a repository: requests, messages, refusals, and declarations that are refused."""

import importlib
import json
import re
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from payment.context import PAYMENT

from bounded_context import BadContext
from bounded_context.declaration.entry_points import SMOKE, entry_point
from bounded_context.declaration.own_routes import own_routes
from bounded_context.testing.functions import Functions
from bounded_context_infra.configuration.routes import all_routes
from tests.emf import totals
from tests.handlers.conftest import Lines
from tests.handlers.requests import IAM, Answer
from tests.own_routes import GOOD, HEAD, Write, deprecated, write

__all__ = ["write"]

pytestmark = pytest.mark.usefixtures("no_network")


@pytest.fixture
def functions(write: Write) -> Functions:
    """The functions of a context with own routes."""
    write(GOOD)
    return Functions(PAYMENT)


def _send(functions: Functions, name: str, path: str, body: Any = None, **query: str) -> Answer:
    method = all_routes(PAYMENT)[name].partition(" ")[0]
    event: dict[str, Any] = json.loads(json.dumps(IAM)) | {"rawPath": path, "rawQueryString": urlencode(query)}
    event["requestContext"]["http"] |= {"method": method, "path": path}
    event["headers"] |= {"content-type": "application/json", "x-correlation-id": "mine"}
    event |= {"queryStringParameters": query} if query else {}
    event |= {"body": json.dumps(body), "isBase64Encoded": False} if body is not None else {}
    response = functions.invoke(name, event)
    headers = {name.lower(): value for name, value in response["headers"].items()}
    assert headers["x-correlation-id"] == "mine"
    return Answer(response["statusCode"], headers, json.loads(response["body"]))


def test_parameters_are_in_the_path_and_the_query(functions: Functions) -> None:
    """The answer is the model's JSON, also for parameters that were left out."""
    answer = _send(functions, "policy_summary", "/policies/p-1/summary", most="12")
    assert (answer.status, answer.body) == (200, {"policy_id": "p-1", "amount": "1.50", "most": 12})
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("application/json", "no-store")
    answer = _send(functions, "policy_summary", "/policies/p-1/summary", since="2026-01-31")
    assert answer.body == {"policy_id": "p-1", "amount": "1", "most": 10}


def test_other_fields_of_a_post_are_in_the_body(functions: Functions) -> None:
    """With the status that the route names."""
    answer = _send(functions, "add_note", "/policies/p-1/notes", {"text": "abc", "amounts": [1.5, "2.25"]})
    assert (answer.status, answer.body) == (201, {"policy_id": "p-1", "amount": "3.75", "most": 3})


def test_a_route_without_a_request(functions: Functions) -> None:
    """A function without parameters."""
    assert _send(functions, "policy_count", "/policies").body["policy_id"] == "all"
    assert functions.invoke("policy_count", {"payload": {}})["answer"]["policy_id"] == "all"


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ({"most": "many"}, ["most"]),
        ({"most": "many", "since": "yesterday"}, ["most", "since"]),
    ],
)
def test_a_bad_parameter_is_named(functions: Functions, query: dict[str, str], errors: list[str]) -> None:
    """As for the routes of the library."""
    answer = _send(functions, "policy_summary", "/policies/p-1/summary", **query)
    assert (answer.status, answer.body["code"]) == (400, "bad-parameter")
    assert [error["field"] for error in answer.body["errors"]] == errors
    assert "many" not in json.dumps(answer.body)


def test_a_bad_member_of_the_body_is_named(functions: Functions) -> None:
    """By its place."""
    answer = _send(functions, "add_note", "/policies/p-1/notes", {"text": "a", "amounts": ["x"]})
    assert (answer.status, answer.body["code"]) == (422, "invalid")
    assert [error["field"] for error in answer.body["errors"]] == ["text", "amounts.0"]
    answer = _send(functions, "add_note", "/policies/p-1/notes", {})
    assert (answer.status, answer.body["errors"]) == (422, [{"field": "text", "detail": "Field required"}])


def test_a_refusal_is_a_problem_with_its_own_code(functions: Functions, lines: Lines) -> None:
    """The log has the code, and the correlation id."""
    answer = _send(functions, "policy_summary", "/policies/none/summary")
    assert (answer.status, answer.body["code"]) == (404, "no-policy")
    assert answer.body["type"] == "urn:problem-type:payment:no-policy"
    assert answer.headers["content-type"] == "application/problem+json"
    [line] = [line for line in lines() if line["message"] == "route refused"]
    assert (line["code"], line["correlation_id"]) == ("no-policy", "mine")


def test_another_path_is_no_route(functions: Functions) -> None:
    """Each function answers its own route alone."""
    answer = _send(functions, "policy_count", "/policies/p-1/summary")
    assert (answer.status, answer.body["code"]) == (404, "no-such-route")


def test_a_message_has_the_same_answer(functions: Functions) -> None:
    """For callers in AWS, and for tests."""
    answer = functions.invoke("policy_summary", {"payload": {"policy_id": "p-1", "most": 12}})
    assert answer == {"ok": True, "answer": {"policy_id": "p-1", "amount": "1.50", "most": 12}}
    for payload, code in ({"policy_id": "none"}, "no-policy"), ({}, "invalid"):
        assert functions.invoke("policy_summary", {"payload": payload})["error"]["code"] == code


def test_the_function_stays_a_function(functions: Functions) -> None:
    """A unit test calls it with its model."""
    assert functions.invoke("policy_count", {"payload": {}})["ok"]
    module = sys.modules["payment.routes"]
    assert module.policy_summary(module.SummaryQuery(policy_id="p")).amount == Decimal(0)


def test_the_entry_point_is_the_librarys_and_answers_the_smoke_check(functions: Functions) -> None:
    """An unknown name stays unknown; the sentence names the own routes too."""
    assert entry_point(PAYMENT, "add_note") == "bounded_context.handlers.entry_points.add_note"
    assert functions.invoke("add_note", SMOKE.event)["function"] == "add_note"
    assert entry_point(PAYMENT, "add_nothing") == "payment.add_nothing.lambda_handler"


def test_a_context_without_own_routes_has_those_of_the_declaration() -> None:
    """And no module is written."""
    assert own_routes(PAYMENT) == {}
    assert all_routes(PAYMENT) == PAYMENT.routes


def test_a_deprecated_route_has_both_headers_a_log_line_and_a_metric(write: Write, lines: Lines, capsys: Any) -> None:
    """With refusals, and with messages; the other routes have none. Headers are those of the library's routes."""
    write(deprecated())
    functions = Functions(PAYMENT)
    for path, status in ("/policies/p-1/summary", 200), ("/policies/none/summary", 404):
        answer = _send(functions, "policy_summary", path)
        headers = answer.headers["deprecation"], answer.headers["sunset"]
        assert (answer.status, headers) == (status, ("@1796083200", "Wed, 31 Mar 2027 00:00:00 GMT"))
    assert functions.invoke("policy_summary", {"payload": {"policy_id": "p-1"}})["ok"]
    other = _send(functions, "add_note", "/policies/p-1/notes", {"text": "abc"})
    assert not {"deprecation", "sunset"} & other.headers.keys()
    application = IAM["requestContext"]["authorizer"]["iam"]["userArn"].split("/")[1]
    calls = [line for line in lines() if line["message"] == "deprecated function called"]
    assert [line.get("caller") for line in calls] == [application, application, None]
    assert {(line["function"], line["sunset"]) for line in calls} == {("policy_summary", "2027-03-31")}
    counted = totals(capsys.readouterr().out)
    assert {key: counted[key] for key in counted if key[0] == "DeprecatedUses"} == {
        ("DeprecatedUses", "policy_summary"): 3
    }


def test_a_message_without_values_counts_and_a_check_does_not(write: Write, capsys: Any) -> None:
    """A function without a request answers an empty payload. A rollout sends the smoke check."""
    write(deprecated())
    functions = Functions(PAYMENT)
    functions.invoke("policy_count", {"payload": {}})
    functions.invoke("policy_count", SMOKE.event)
    assert totals(capsys.readouterr().out)["DeprecatedUses", "policy_count"] == 1


def test_a_module_may_be_imported_again(write: Write) -> None:
    """Its functions replace those of the first import."""
    write(GOOD)
    first = own_routes(PAYMENT)["add_note"]
    del sys.modules["payment.routes"]
    assert own_routes(PAYMENT)["add_note"] is not first


_ADD = "def more(request: Note) -> Summary: ..."


@pytest.mark.parametrize(
    ("declared", "sentence"),
    [
        (
            '@route(PAYMENT, "GET /policies/{id}/summary")\ndef more(request: Details) -> Summary: ...',
            "more: its route GET /policies/{id}/summary is that of policy_summary: choose another path.",
        ),
        (
            f'@route(PAYMENT, "POST /payments")\n{_ADD}',
            "more: its route POST /payments is that of register_payment: choose another path.",
        ),
        (
            '@route(PAYMENT, "GET /payments/{other}")\ndef more(request: Note) -> Summary: ...',
            "more: its route GET /payments/{other} is that of get_payment: choose another path.",
        ),
        (
            f'@route(PAYMENT, "POST /x/{{claim_id}}")\n{_ADD}',
            "more: its route has {claim_id}, which is not a field of Note: add the field, or correct the path.",
        ),
        (
            '@route(PAYMENT, "GET /x/{y}")\ndef more() -> Summary: ...',
            "more: its route has {y}, which is not a field of a request that it takes: add the field, or",
        ),
        (
            '@route(PAYMENT, "GET /x/{most}")\ndef more(request: SummaryQuery) -> Summary: ...',
            "more: SummaryQuery.most is in the path, and has a default: remove the default.",
        ),
        (
            '@route(PAYMENT, "GET /x")\ndef more(request: Note) -> Summary: ...',
            "more: Note.amounts is a list, which is not the text of a parameter: write it into a body of POST.",
        ),
        (
            f'@route(PAYMENT, "FETCH /x")\n{_ADD}',
            "more: its route is 'FETCH /x': write a method (DELETE, GET, PATCH, POST, PUT) and a path, as in",
        ),
        (
            '@route(PAYMENT, "POST /x")\ndef more(request: Note) -> dict[str, str]: ...',
            "more returns dict: annotate a pydantic model.",
        ),
        (
            '@route(PAYMENT, "POST /x")\ndef more(request: Note): ...',
            "more returns nothing: annotate a pydantic model.",
        ),
        (
            '@route(PAYMENT, "POST /x")\ndef more(request: dict) -> Summary: ...',
            "more takes (request): annotate one parameter, a pydantic model.",
        ),
        (
            '@route(PAYMENT, "POST /x")\ndef more(a: Note, b: Note) -> Summary: ...',
            "more takes (a, b): annotate one parameter, a pydantic model.",
        ),
        (
            '@route(PAYMENT, "POST /x")\ndef more(request: "Later") -> Summary: ...',
            "more: name 'Later' is not defined: define or import its models above it.",
        ),
        (
            '@route(PAYMENT, "POST /x")\ndef verify_payment(request: Note) -> Summary: ...',
            "verify_payment: its name begins with an underscore, or is that of another function: rename it.",
        ),
        (
            f'@route(PAYMENT, "POST /x", scopes=("a b",))\n{_ADD}',
            "more: its scopes are ('a b',): write a tuple of 1 to 10 scopes without spaces",
        ),
        (
            f'@route(PAYMENT, "POST /x", status=204)\n{_ADD}',
            "more: its status is 204: write a status from 200 to 203,",
        ),
        *(
            (
                f'@route(PAYMENT, "POST /x", deprecated={days!r})\n{_ADD}',
                f"more: its deprecation is {days!r}: write {remedy}",
            )
            for days, remedy in (
                ("2027-03-31", "the first day of its deprecation, too, such as '2026-12-01/2027-03-31'."),
                ("2027-03-31/2026-12-01", "the earlier day first."),
                ("", "the day from which it may be removed, such as '2027-03-31'."),
                (True, "the day from which it may be removed, such as '2027-03-31'."),
            )
        ),
        (
            f'class Other(BusinessError):\n    code = "no-policy"\n    status = 404\n\n'
            f'@route(PAYMENT, "POST /x", errors=(Other,))\n{_ADD}',
            "more: the code of Other is 'no-policy', which is in use: choose another code.",
        ),
        (
            "class Aliased(BaseModel):\n    kind: str = Field(alias='type')\n\n"
            '@route(PAYMENT, "GET /x")\ndef more(request: Aliased) -> Summary: ...',
            "more: Aliased.kind has the alias 'type': give a parameter the name of its field.",
        ),
        (
            f'{_ADD}\nmore.__module__ = "payment.elsewhere"\nroute(PAYMENT, "POST /x")(more)',
            "more: it is in payment.elsewhere, which no tool imports: move it to src/payment/routes.py.",
        ),
    ],
)
def test_a_bad_route_is_refused_with_its_line(declared: str, sentence: str, write: Write) -> None:
    """The innermost line of the repository is that of the declaration."""
    write(f"{GOOD}\n\n{declared}\n")
    with pytest.raises(BadContext, match=f"^routes: {re.escape(sentence)}") as refused:
        own_routes(PAYMENT)
    lines = [entry.lineno + 1 for entry in refused.traceback if str(entry.path).endswith("routes.py")]
    text = (HEAD + GOOD + "\n\n" + declared).splitlines()
    assert any("route(PAYMENT" in text[line - 1] for line in lines if line <= len(text))


def test_a_context_without_an_api_has_no_routes(write: Write) -> None:
    """The module is imported, so that it is refused and not ignored."""
    write(
        GOOD.replace("PAYMENT, ", "replace(PAYMENT, api=False), ").replace(
            "\n\n@route", "\n\nfrom dataclasses import replace\n\n@route", 1
        )
    )
    with pytest.raises(BadContext, match=r"Payment has no HTTP API: write api=True in its context\."):
        own_routes(PAYMENT)


def test_the_module_may_be_a_package(tmp_path: Path, write: Write) -> None:
    """Its modules declare routes; a function's name is used once."""
    write("")
    (tmp_path / "routes").mkdir()
    (tmp_path / "routes.py").rename(tmp_path / "routes" / "policies.py")
    (tmp_path / "routes" / "policies.py").write_text(HEAD + GOOD, encoding="utf-8")
    (tmp_path / "routes" / "__init__.py").write_text("from . import policies\n", encoding="utf-8")
    assert [*own_routes(PAYMENT)] == ["policy_summary", "add_note", "policy_count"]
    assert Functions(PAYMENT).invoke("policy_count", {"payload": {}})["ok"]
    again = '@route(PAYMENT, "POST /again")\ndef add_note(request: Note) -> Summary: ...\n'
    (tmp_path / "routes" / "others.py").write_text(HEAD + again, encoding="utf-8")
    with pytest.raises(BadContext, match="add_note: its name begins with an underscore"):
        importlib.import_module("payment.routes.others")

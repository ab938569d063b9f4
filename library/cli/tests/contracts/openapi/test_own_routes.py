"""Own routes in the OpenAPI document, on its page, and in the check of compatibility."""

import importlib
import json
import re
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from payment.context import PAYMENT

from bounded_context.testing import on
from bounded_context_cli.contracts.openapi import breaks
from bounded_context_cli.contracts.openapi.document import as_json, document
from bounded_context_cli.promises import code
from bounded_context_cli.promises._promise import Repository
from bounded_context_cli.promises.documents import deprecated_contracts_stay_until_their_day
from bounded_context_cli.promises.program import each_stack_has_its_functions_and_queues
from bounded_context_cli.views.pages.api import api_page
from bounded_context_infra.configuration.project import NoProject, Project, current
from tests import own_routes
from tests.own_routes import GOOD, Write, deprecated, write

__all__ = ["write"]

VIEW = '''

class View(BaseModel):
    """A model with the name of a schema of the library."""

    seen: str


@route(PAYMENT, "GET /views")
def last_view() -> View:
    """Return the last view."""
    return View(seen="x")
'''


NAMES = ("policy_count", "policy_summary")


@pytest.fixture
def api(write: Write) -> dict[str, Any]:
    """The document of a context with own routes."""
    write(GOOD + VIEW)
    return document(PAYMENT, "0.1.0")


def test_the_document_is_valid_and_keeps_the_routes_of_the_library(api: dict[str, Any], write: Write) -> None:
    """Each of them, byte for byte."""
    assert list(OpenAPIV31SpecValidator(api).iter_errors()) == []
    write("")
    without = document(PAYMENT, "0.1.0")
    assert {path: part for path, part in api["paths"].items() if path in without["paths"]} == without["paths"]
    schemas = without["components"]["schemas"]
    assert {name: part for name, part in api["components"]["schemas"].items() if name in schemas} == schemas


def test_parameters_bodies_answers_scopes_and_refusals_are_those_of_the_models(api: dict[str, Any]) -> None:
    """With the function's docstring."""
    summary = api["paths"]["/policies/{policy_id}/summary"]["get"]
    places = {(each["name"], each["in"], each["required"]) for each in summary["parameters"] if "name" in each}
    assert places == {("policy_id", "path", True), ("most", "query", False), ("since", "query", False)}
    assert (summary["operationId"], summary["summary"]) == ("policy_summary", "Return the sum of a policy.")
    assert summary["security"] == [{"jwt": ["policies.read"]}]
    assert set(summary["responses"]) == {"200", "400", "404"}
    assert "There is no such policy (`no-policy`)." in summary["responses"]["404"]["description"]
    note = api["paths"]["/policies/{policy_id}/notes"]["post"]
    assert set(note["responses"]) == {"201", "400", "413", "415", "422"}
    body = note["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    assert set(api["components"]["schemas"][body]["properties"]) == {"text", "amounts"}
    assert note["requestBody"]["required"] is True
    assert "security" not in note


def test_a_model_with_the_name_of_another_gets_a_name_of_its_own(api: dict[str, Any]) -> None:
    """No schema replaces another."""
    answer = api["paths"]["/views"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/LastViewView"}
    assert set(api["components"]["schemas"]["LastViewView"]["properties"]) == {"seen"}
    assert "payment_id" in api["components"]["schemas"]["View"]["properties"]


def test_the_examples_are_valid(api: dict[str, Any]) -> None:
    """Of the own bodies, too."""
    note = api["paths"]["/policies/{policy_id}/notes"]["post"]["requestBody"]["content"]["application/json"]
    assert note["example"] == {"text": "a note"}
    Draft202012Validator({**note["schema"], "components": api["components"]}).validate(note["example"])


def test_the_page_has_a_request_for_each(api: dict[str, Any]) -> None:
    """With its required parameters."""
    page = api_page(api)
    assert {"policy_summary", "add_note", "policy_count"} <= set(re.findall(r'<h3 id="(\w+)">', page))
    assert re.search(r"\$API/policies/[\w-]+/notes", page)


@pytest.mark.parametrize(
    ("old", "new", "phrase"),
    [
        ('"GET /policies")', '"GET /policies-count")', "GET /policies: the operation is gone"),
        ("    most: int\n", "", "GET /policies/{policy_id}/summary: the answer's most is gone"),
        ("since: Day | None = None", "since: Day", "GET /policies/{policy_id}/summary: the query since is required"),
        ('"policies.read"', '"other"', "GET /policies/{policy_id}/summary: a token needs other"),
        ("min_length=2", "min_length=3", "POST /policies/{policy_id}/notes: text has the minLength 3"),
    ],
)
def test_a_break_of_callers_is_found(
    old: str, new: str, phrase: str, api: dict[str, Any], write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of the routes of the library."""
    monkeypatch.setattr(own_routes, "HEAD", own_routes.HEAD.replace(old, new))
    write(GOOD.replace(old, new) + VIEW)
    found = [*breaks(api, json.loads(json.dumps(document(PAYMENT, "0.1.0"))))]
    assert any(sentence.startswith(phrase) for sentence in found), found


def test_a_bad_route_is_reported_with_its_file_and_line(tmp_path: Path, write: Write) -> None:
    """By each command that reads the context, and by the check."""
    write(GOOD.replace("GET /policies/{policy_id}/summary", "GET /payments/{payment_id}"))
    head = (own_routes.HEAD + GOOD).partition("@route")[0]
    sentence = "routes: policy_summary: its route GET /payments/{payment_id} is that of get_payment: "
    with pytest.raises(NoProject, match=f"^{re.escape(f'routes.py:{len(head.splitlines()) + 1}: {sentence}')}"):
        Project(tmp_path, {"context": "payment.context:PAYMENT"}).context  # noqa: B018


def test_routes_that_a_stack_does_not_deploy_are_reported(write: Write) -> None:
    """Such as by `routes=` of HttpApi without them."""
    where = Repository(current())
    vars(where)["graphs"] = {"service prod": where.graph}
    assert [*each_stack_has_its_functions_and_queues(where)] == []
    write(GOOD)
    breaches = [*each_stack_has_its_functions_and_queues(where)]
    missing = "infra/service/functions.py: prod does not deploy add_note: "
    assert f"{missing}keep `standard_presets` in FUNCTIONS." in breaches
    route = "infra/service/__main__.py: prod has no route GET /policies of policy_count: "
    assert f"{route}leave out `routes` of HttpApi, or add this route to them." in breaches
    assert len(breaches) == 6


@pytest.fixture
def documented(write: Write, tmp_path: Path) -> Path:
    """A repository whose document has two deprecated routes."""
    write(deprecated() + VIEW)
    path = tmp_path / "docs/api/openapi.json"
    path.parent.mkdir(parents=True)
    path.write_text(as_json(document(PAYMENT, "0.1.0")), encoding="utf-8")
    return tmp_path


SUMMARY, COUNT = "GET /policies/{policy_id}/summary", "GET /policies"


def test_a_deprecated_route_is_marked_with_its_headers(documented: Path, api: dict[str, Any], write: Write) -> None:
    """Its scopes stay. A deprecation breaks no caller, and may be withdrawn. The page has the day."""
    marked = json.loads((documented / "docs/api/openapi.json").read_text(encoding="utf-8"))
    OpenAPIV31SpecValidator(marked).validate()
    operations = {
        f"{name.upper()} {path}": each for path, part in marked["paths"].items() for name, each in part.items()
    }
    assert {key for key, each in operations.items() if each.get("deprecated")} == {SUMMARY, COUNT}
    assert operations[SUMMARY]["security"] == [{"jwt": ["policies.read"]}]
    for key, operation in operations.items():
        for response in operation["responses"].values():
            assert ({"Deprecation", "Sunset"} <= response["headers"].keys()) == (key in (SUMMARY, COUNT))
    assert [*breaks(api, marked)] == [*breaks(marked, api)] == []
    assert api_page(marked).count("it may be removed from 2027-03-31 on") == 2


def _breaches(root: Path, day: str) -> list[str]:
    with on(date.fromisoformat(day)):
        where: Any = SimpleNamespace(context=PAYMENT, project=SimpleNamespace(root=root))
        return [*deprecated_contracts_stay_until_their_day(where)]


@pytest.mark.parametrize(
    ("routes", "day", "sentences"),
    [
        (deprecated(), "2027-03-31", []),
        (GOOD, "2026-12-01", []),
        (
            VIEW,
            "2027-03-30",
            [f"{key} is gone, and its document promises it until 2027-03-31: " for key in (SUMMARY, COUNT)],
        ),
        (VIEW, "2027-03-31", []),
        (
            deprecated().replace('"GET /policies"', '"GET /policies-count"'),
            "2027-03-30",
            [f"{COUNT} is gone, and its document promises it until 2027-03-31: restore it until that day."],
        ),
        (
            deprecated("2026-12-01/2027-01-31"),
            "2026-12-01",
            [f"{name} is deprecated until 2027-01-31, and its document says 2027-03-31: " for name in NAMES],
        ),
        (deprecated("2026-12-01/2027-06-30"), "2026-12-01", []),
        (deprecated(), "2027-04-01", [f"{name} was deprecated until 2027-03-31, which has passed: " for name in NAMES]),
    ],
    ids=["kept", "withdrawn", "removed early", "removed", "moved early", "earlier", "later", "overdue"],
)
def test_a_deprecated_route_stays_until_its_day(
    routes: str, day: str, sentences: list[str], documented: Path, write: Write
) -> None:
    """As those of the library; the file of a day is that of the routes."""
    write(routes)
    breaches = sorted(breach.removeprefix("src/payment/routes.py: ") for breach in _breaches(documented, day))
    assert len(breaches) == len(sentences)
    for breach, sentence in zip(breaches, sorted(sentences), strict=True):
        assert breach.startswith(sentence)


@pytest.mark.parametrize("declared", [True, False])
def test_refusals_of_routes_are_declared(declared: bool, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """By `errors` of the route, or of the context."""
    write(GOOD if declared else GOOD.replace(", errors=(NoPolicy,)", ""))
    # A class of an earlier import of the module may still exist.
    monkeypatch.setattr(code, "_kinds_of", lambda _: [importlib.import_module("payment.routes").NoPolicy])
    breaches = [*code.refusals_are_declared(Repository(current()))]
    sentence = "NoPolicy has no status, title and metric of its own: add it to errors in src/payment/context.py."
    assert breaches == ([] if declared else [sentence])

"""The OpenAPI document and its page: valid, complete, and as they are kept in the repository."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from payment.context import PAYMENT

from bounded_context import Context, Text, Unavailable
from bounded_context_cli.contracts.openapi import expected
from bounded_context_cli.contracts.openapi.document import document
from bounded_context_cli.views.pages.api import api_page
from tests.contexts import CONTEXTS, PARCEL
from tests.event_schemas import REPOSITORY
from tests.things import context_of

Document = dict[str, Any]
MADE = {context.name: document(context, "0.1.0") for context in (*CONTEXTS, PARCEL) if context.api}

over_apis = pytest.mark.parametrize(
    "context", [context for context in (*CONTEXTS, PARCEL) if context.api], ids=lambda context: context.name
)


def _operations(api: Document) -> dict[str, Any]:
    return {
        f"{method.upper()} {path}": operation
        for path, of_path in api["paths"].items()
        for method, operation in of_path.items()
    }


def test_examples_have_every_field() -> None:
    """Also a field that is named like a keyword of JSON Schema."""
    api = document(context_of({"title": (Text, ...), "example": (Text, ...)}), "0.1.0")
    [body] = api["paths"]["/things"]["post"]["requestBody"]["content"].values()
    assert body["example"].keys() == {"thing_id", "title", "example"}
    schema = api["components"]["schemas"]["MakeThing"]
    assert ["title" in part for part in (schema, *schema["properties"].values())] == [False] * 4


def test_the_committed_document_matches_the_code() -> None:
    """`uv run context openapi` writes it anew."""
    assert (REPOSITORY / "docs/api/openapi.json").read_text(encoding="utf-8") == expected(PAYMENT, REPOSITORY)


@over_apis
def test_the_same_code_gives_the_same_document(context: Context) -> None:
    """Otherwise it would drift by itself."""
    assert document(context, "0.1.0") == MADE[context.name]


@over_apis
def test_the_document_is_good_openapi(context: Context) -> None:
    """Version 3.1, by its own schema and rules."""
    api = MADE[context.name]
    assert api["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(api).iter_errors()) == []


@over_apis
def test_no_parameter_is_null(context: Context) -> None:
    """Paths, queries and headers contain texts. An optional parameter is absent."""
    parameters = [
        parameter for operation in _operations(MADE[context.name]).values() for parameter in operation["parameters"]
    ]
    assert [parameter["name"] for parameter in parameters if "null" in str(parameter.get("schema"))] == []


@over_apis
def test_each_route_is_an_operation_named_after_its_function(context: Context) -> None:
    """No more and no less."""
    assert {route: operation["operationId"] for route, operation in _operations(MADE[context.name]).items()} == {
        route: function for function, route in context.routes.items()
    }


@over_apis
def test_each_refusal_is_a_problem(context: Context) -> None:
    """And every answer has the correlation id."""
    for operation in _operations(MADE[context.name]).values():
        for status, response in operation["responses"].items():
            assert "X-Correlation-Id" in response["headers"]
            if status >= "400":
                [(media_type, content)] = response["content"].items()
                assert (media_type, content["schema"]["$ref"]) == (
                    "application/problem+json",
                    "#/components/schemas/Problem",
                )


@over_apis
def test_each_route_names_the_statuses_from_which_its_command_starts(context: Context) -> None:
    """A command that starts from everywhere is never refused for where something stands, nor is one that creates."""
    operations = {operation["operationId"]: operation for operation in _operations(MADE[context.name]).values()}
    for command in context.commands:
        said = operations[command.function]["responses"]["409"]["description"]
        limited = command.kind != "creates" and set(command.after) != set(context.statuses)
        assert ("(`illegal-move`): it starts from" in said) == limited
        after = re.findall(r"`([A-Z]+)`", said)
        assert after == ([status.value for status in command.after] if limited else [])


def test_a_route_names_the_statuses_in_a_sentence() -> None:
    """After the refusal's title and code."""
    cancels = MADE["order"]["paths"]["/orders/{order_id}"]["delete"]["responses"]["409"]["description"]
    title = "The command does not start from its status"
    assert f"{title} (`illegal-move`): it starts from `PLACED` or `PACKED`. The same" in cancels


@over_apis
def test_each_command_documents_the_contexts_own_errors(context: Context) -> None:
    """By its status, its title and its code."""
    operations = {operation["operationId"]: operation for operation in _operations(MADE[context.name]).values()}
    for error in context.own_errors:
        said = f"{error.title} (`{error.code}`)."
        raising = {command.function for command in context.commands if error in context.errors_of(command)}
        for function in raising:
            assert said in operations[function]["responses"][str(error.status)]["description"]
        assert {name for name, operation in operations.items() if said in str(operation)} == raising


def test_a_system_that_does_not_answer_is_a_503_of_each_command() -> None:
    """With the header that tells callers when to try again."""
    api = document(replace(PARCEL, errors=(*PARCEL.errors, Unavailable)), "0.1.0")
    responses = {operation["operationId"]: operation["responses"].get("503") for operation in _operations(api).values()}
    assert {name for name, response in responses.items() if response} == set(PARCEL.command_functions)
    for response in filter(None, responses.values()):
        assert {"Retry-After", "X-Correlation-Id"} <= response["headers"].keys()


def _examples(api: Document) -> list[tuple[Any, Any]]:
    contents = [
        content
        for operation in _operations(api).values()
        for answer in (operation.get("requestBody", {}), *operation["responses"].values())
        for content in answer.get("content", {}).values()
    ]
    return [(content["schema"], content["example"]) for content in contents if "example" in content]


@over_apis
def test_each_example_is_valid(context: Context) -> None:
    """By the schema that it is an example of."""
    api = MADE[context.name]
    examples = _examples(api)
    assert len(examples) > len(context.routes)
    for schema, example in examples:
        Draft202012Validator({**schema, "components": api["components"]}).validate(example)


@over_apis
def test_every_schema_is_used(context: Context) -> None:
    """Powertools' own are replaced by problems."""
    assert not [name for name in MADE[context.name]["components"]["schemas"] if "ValidationError" in name]


def test_fields_of_a_command_are_in_the_path_the_body_or_a_header() -> None:
    """Each in one place."""
    api = MADE["parcel"]
    reroute = api["paths"]["/depots/{depot}/parcels/{parcel_id}/{until}"]["patch"]
    places = {(parameter["name"], parameter["in"]) for parameter in reroute["parameters"] if "name" in parameter}
    assert places == {
        ("depot", "path"),
        ("parcel_id", "path"),
        ("until", "path"),
        ("if-match", "header"),
        ("idempotency-key", "header"),
    }
    bodies = {name: set(api["components"]["schemas"][name]["properties"]) for name in ("RerouteParcel", "SendParcel")}
    assert bodies == {"RerouteParcel": {"note"}, "SendParcel": {"pieces", "sent_on"}}
    assert set(api["components"]["schemas"]["ReturnParcel"]["properties"]) == {"parcel_id", "reason"}
    assert "requestBody" not in MADE["payment"]["paths"]["/payments/{payment_id}/verify"]["post"]


def test_a_body_is_required_if_a_value_is() -> None:
    """A command without required arguments takes an absent body. Defaults are of the type that callers send."""
    pack = MADE["order"]["components"]["schemas"]["PackOrder"]
    assert MADE["order"]["paths"]["/orders/{order_id}/pack"]["post"]["requestBody"]["required"] is False
    assert MADE["parcel"]["paths"]["/parcels/{parcel_id}/weigh"]["post"]["requestBody"]["required"] is True
    assert (pack["properties"]["parcels"]["default"], "required" in pack) == ("2", False)


class _Page(HTMLParser):
    """A page's elements that are open, its anchors, and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.anchors: set[str] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("br", "meta"):
            self.open.append(tag)
        named = dict(attrs)
        self.anchors |= {str(named["id"])} if "id" in named else set()
        self.links |= {str(named["href"])} if "href" in named else set()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@over_apis
def test_the_page_is_whole_and_its_links_have_targets(context: Context) -> None:
    """Within it, or to the document beside it."""
    parsed = _Page()
    parsed.feed(api_page(MADE[context.name]))
    assert parsed.open == []
    assert parsed.links - {"openapi.json"} <= {f"#{anchor}" for anchor in parsed.anchors}
    assert set(context.routes) <= parsed.anchors


def test_the_page_needs_no_network_and_runs_no_script() -> None:
    """It can be opened from the folder."""
    assert not re.search(r"<script|https?://|@import|url\(", api_page(MADE["payment"]))


def test_texts_of_the_document_are_escaped_in_the_page() -> None:
    """Never markup."""
    api = MADE["payment"]
    text = api_page(api | {"info": api["info"] | {"title": "<b>", "description": "<i>"}})
    assert "<b>" not in text
    assert "<i>" not in text


def test_a_scope_is_an_alternative_of_its_operation_alone() -> None:
    """A token needs one of a route's scopes. The other operations have the document's own security."""
    scoped = replace(PAYMENT, scopes={"get_payment": ("payments.read", "payments.write")})
    api = document(scoped, "0.1.0")
    assert list(OpenAPIV31SpecValidator(api).iter_errors()) == []
    assert {
        operation["operationId"]: operation["security"]
        for operation in _operations(api).values()
        if "security" in operation
    } == {"get_payment": [{"jwt": ["payments.read"]}, {"jwt": ["payments.write"]}]}

"""The requests on the page of an API: what they send is what the document says, of every context."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from bounded_context import Context
from bounded_context_cli.contracts.openapi.document import document
from bounded_context_cli.views.pages.api import Called, api_page
from tests.contexts import CONTEXTS, PARCEL

from .reading import Curl, commands, exports, requests

over_apis = pytest.mark.parametrize(
    "context", [context for context in (*CONTEXTS, PARCEL) if context.api], ids=lambda context: context.name
)


@over_apis
def test_each_operation_has_a_request_of_its_route(context: Context) -> None:
    """With a value for each part of the path that is as it should be."""
    api = document(context, "0.1.0")
    by_operation = {request.operation: request for request in requests(api_page(api))}
    assert set(by_operation) == set(context.routes)
    for function, request in by_operation.items():
        method, path = context.routes[function].split(" ")
        form = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path))
        values = re.fullmatch(form, request.path)
        assert (request.method, values is not None) == (method, True)
        for parameter in api["paths"][path][method.lower()]["parameters"]:
            if parameter.get("in") == "path" and values:
                Draft202012Validator(parameter["schema"]).validate(values[parameter["name"]])


@over_apis
def test_each_body_is_one_that_the_operation_takes(context: Context) -> None:
    """By the document's schema; what takes no body is sent none."""
    api = document(context, "0.1.0")
    for request in requests(api_page(api)):
        method, path = context.routes[request.operation].split(" ")
        body = api["paths"][path][method.lower()].get("requestBody")
        assert (request.body is None) == (body is None)
        if body and request.body:
            [(kind, content)] = body["content"].items()
            assert request.headers["content-type"] == kind
            schema = {**content["schema"], "components": api["components"]}
            Draft202012Validator(schema).validate(json.loads(request.body))


def test_creating_requests_come_first_and_deleting_ones_last() -> None:
    """Whoever copies one after the other gets the answers that the page promises."""
    by_kind = {command.function: command.kind for context in CONTEXTS for command in context.commands}
    for context in CONTEXTS:
        if context.api:
            kinds = [by_kind.get(operation, "asks") for operation in commands(api_page(document(context, "0.1.0")))]
            assert kinds == sorted(kinds, key=["creates", "asks", "changes", "deletes"].index)


def test_the_page_names_the_ways_to_be_authorised() -> None:
    """By a signature or by a token; each request signs, and names no key."""
    page = api_page(document(PARCEL, "0.1.0"))
    for word in ("execute-api:Invoke", "Authorization: Bearer", "uv run context docs access"):
        assert word in page
    for command in commands(page).values():
        assert '--aws-sigv4 "aws:amz:$AWS_REGION:execute-api"' in command
        assert '--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"' in command
        assert set(re.findall(r"\$(\w+)", command)) <= set(re.findall(r"export (\w+)=", exports(page)))


def test_the_page_of_a_run_has_its_address_and_keys() -> None:
    """Quoted for a shell, whatever characters they contain."""
    here = Called("Kept run.", {"API": "http://127.0.0.1:1/it's", "AWS_REGION": "eu-west-1"})
    page = api_page(document(PARCEL, "0.1.0"), here)
    assert exports(page) == "export API='http://127.0.0.1:1/it'\"'\"'s'\nexport AWS_REGION=eu-west-1"
    assert "Kept run." in page


def test_of_a_run_a_query_of_a_list_is_of_its_list() -> None:
    """Whoever copies it sees rows; no other request changes by that."""
    of_run = Called("A run is kept.", known={"list_id": "list-7"})
    pairs = [both for context in CONTEXTS if context.api for both in _both(context, of_run)]
    changed = [(anywhere, there) for anywhere, there in pairs if anywhere != there]
    assert changed
    for anywhere, there in changed:
        assert there == replace(anywhere, query={**anywhere.query, "list_id": "list-7"})


def _both(context: Context, called: Called) -> Iterator[tuple[Curl, Curl]]:
    """Yield each request as it is anywhere, and as it is there."""
    api = document(context, "0.1.0")
    return zip(requests(api_page(api)), requests(api_page(api, called)), strict=True)

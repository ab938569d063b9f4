"""The OpenAPI document and its page: valid, complete, and as they are kept in the repository."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from infra.context import ROUTES
from local.openapi.__main__ import files
from local.openapi.document import document
from local.openapi.page import page

MADE = document()
OPERATIONS = {
    f"{method.upper()} {path}": operation for path, one in MADE["paths"].items() for method, operation in one.items()
}


def test_the_kept_files_are_those_that_the_code_makes() -> None:
    """`uv run just openapi` writes them anew."""
    for path, text in files().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} is of other code: uv run just openapi"


def test_the_same_code_gives_the_same_document() -> None:
    """Otherwise it would drift by itself."""
    assert document() == MADE


def test_the_document_is_good_openapi() -> None:
    """Version 3.1, by its own schema and rules."""
    assert MADE["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(MADE).iter_errors()) == []


def test_each_route_is_an_operation_named_after_its_function() -> None:
    """No more and no less."""
    assert {route: operation["operationId"] for route, operation in OPERATIONS.items()} == {
        route: function for function, route in ROUTES.items()
    }


def test_each_refusal_is_a_problem() -> None:
    """And every answer has the correlation id."""
    for operation in OPERATIONS.values():
        for status, response in operation["responses"].items():
            assert "X-Correlation-Id" in response["headers"]
            if status >= "400":
                [(media_type, content)] = response["content"].items()
                assert (media_type, content["schema"]["$ref"]) == (
                    "application/problem+json",
                    "#/components/schemas/Problem",
                )


def _examples() -> list[tuple[Any, Any]]:
    contents = [
        content
        for operation in OPERATIONS.values()
        for answer in (operation.get("requestBody", {}), *operation["responses"].values())
        for content in answer.get("content", {}).values()
    ]
    return [(content["schema"], content["example"]) for content in contents if "example" in content]


def test_each_example_is_a_good_one() -> None:
    """By the schema that it is an example of."""
    found = _examples()
    assert len(found) > len(ROUTES)
    for schema, example in found:
        Draft202012Validator({**schema, "components": MADE["components"]}).validate(example)


def test_no_schema_is_left_over() -> None:
    """Powertools' own are replaced by problems."""
    assert not [name for name in MADE["components"]["schemas"] if "ValidationError" in name]


class _Page(HTMLParser):
    """A page's elements that are open, its anchors, and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.anchors: set[str] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self.open.append(tag)
        named = dict(attrs)
        self.anchors |= {str(named["id"])} if "id" in named else set()
        self.links |= {str(named["href"])} if "href" in named else set()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def parsed() -> _Page:
    found = _Page()
    found.feed(page(MADE))
    return found


def test_the_page_is_whole_and_its_links_lead_somewhere(parsed: _Page) -> None:
    """Within it, or to the document beside it."""
    assert parsed.open == []
    assert parsed.links - {"openapi.json"} <= {f"#{anchor}" for anchor in parsed.anchors}
    assert set(ROUTES) <= parsed.anchors


def test_the_page_needs_no_network_and_runs_nothing() -> None:
    """It can be opened from the folder."""
    assert not re.search(r"<script|https?://|@import|url\(", page(MADE))


def test_what_the_document_says_is_text_in_the_page() -> None:
    """Never markup."""
    text = page(MADE | {"info": MADE["info"] | {"title": "<b>", "description": "<i>"}})
    assert "<b>" not in text
    assert "<i>" not in text

"""The page: who may call, and each operation with a request to copy."""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Any, Final

from ..frame import page
from ..parts import preformatted, table, text
from .requests import ANYWHERE, Called, Found, exports, operations, request, starts
from .schemas import kind, schemas

_SIGNED: Final = (
    "The requests on this page are signed by curl, with the credentials of the variables below. Whoever calls needs "
    'the permission `execute-api:Invoke` on the route. Where a stack takes tokens, `-H "Authorization: Bearer $TOKEN"` '
    "stands in the place of `--aws-sigv4`, `--user` and `x-amz-security-token`. `uv run just docs access` says how "
    "either is given."
)
_ORDER: Final = (
    "The requests are all of one and the same thing, and in this order each finds what it needs: copy one, read its "
    "answer, copy the next. A command that starts from some statuses alone says so. One that is sent with an "
    "`Idempotency-Key` has one effect, however often it is sent."
)


def api_page(made: dict[str, Any], called: Called = ANYWHERE, document: str = "openapi.json") -> str:
    """Return an OpenAPI document as a page.

    Args:
        made: the document.
        called: where the page's requests go.
        document: the address of the document itself, relative to the page.
    """
    found = operations(made)
    head = f"{text(made['info']['description'])} Version {escape(made['info']['version'])}."
    parts = [
        f'<p>{head} OpenAPI: <a href="{escape(document)}">openapi.json</a>.</p>',
        *_contents(found),
        *_access(made, called),
        '<h2 id="requests">Requests</h2>',
        f"<p>{text(_ORDER)}</p>",
        *(part for one in found for part in _operation(made, one, called)),
        '<h2 id="schemas">Values</h2>',
        *schemas(made),
    ]
    return page(f"{made['info']['title']}: HTTP API", filter(None, parts))


def _contents(found: Iterable[Found]) -> Iterator[str]:
    yield '<nav aria-label="Operations">\n<ul>'
    for path, method, operation in found:
        yield f'<li><a href="#{escape(operation["operationId"])}"><code>{escape(f"{method} {path}")}</code></a></li>'
    yield "</ul>\n</nav>"


def _access(made: dict[str, Any], called: Called) -> Iterator[str]:
    yield '<h2 id="access">Who may call</h2>'
    schemes = made["components"]["securitySchemes"]
    rows = ((f"<code>{escape(name)}</code>", text(scheme["description"])) for name, scheme in schemes.items())
    yield table(("one of", "is"), rows)
    yield f"<p>{text(_SIGNED)}</p>"
    yield f"<p>{text(called.where)}</p>"
    yield preformatted(exports(called), "exports")


def _operation(made: dict[str, Any], found: Found, called: Called) -> Iterator[str]:
    path, method, operation = found
    name = escape(operation["operationId"])
    yield f'<h3 id="{name}"><code>{escape(f"{method} {path}")}</code></h3>'
    yield f"<p>{text(operation['summary'])} Operation <code>{name}</code>.</p>"
    yield preformatted(request(made, found, called), "request")
    if begins := starts(operation):
        yield f"<p>It starts from {text(begins)}.</p>"
    for content in operation.get("requestBody", {}).get("content", {}).values():
        yield f"<p>Body: {kind(content['schema'])}</p>"
    parameters = [_resolved(made, one) for one in operation["parameters"]]
    yield table(("parameter", "is"), map(_parameter, parameters))
    yield table(("status", "means"), map(_response, sorted(operation["responses"].items())))


def _parameter(one: dict[str, Any]) -> tuple[str, str]:
    needed = " Required." if one.get("required") else ""
    said = f"{text(one.get('description', ''))}{needed} {kind(one['schema'])}"
    return f'<code>{escape(one["name"])}</code><br><span class="soft">{escape(one["in"])}</span>', said


def _response(found: tuple[str, dict[str, Any]]) -> tuple[str, str]:
    status, response = found
    headers = ", ".join(f"<code>{escape(name)}</code>" for name in sorted(response["headers"]))
    bodies = ", ".join(kind(content["schema"]) for content in response.get("content", {}).values())
    said = f"{text(response['description'])} Headers: {headers}."
    return f"<code>{escape(status)}</code>", f"{said} Body: {bodies}." if bodies else said


def _resolved(made: dict[str, Any], one: dict[str, Any]) -> dict[str, Any]:
    return made["components"]["parameters"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one

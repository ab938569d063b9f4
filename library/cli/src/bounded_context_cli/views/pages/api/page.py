"""The page of an API: access, and each operation with a request to copy."""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Any, Final

from ..parts import page, preformatted, table, text
from .requests import ANYWHERE, Called, Found, exports, operations, request, starts

_SIGNED: Final = (
    "curl signs the requests on this page with the credentials of the variables below. Callers need the permission "
    "`execute-api:Invoke` on the route. If a stack accepts tokens, replace `--aws-sigv4`, `--user` and "
    '`x-amz-security-token` by `-H "Authorization: Bearer $TOKEN"`. See `uv run context docs access`.'
)
_ORDER: Final = (
    "Run the requests in order. Each builds on the previous one. A command lists the statuses that it starts from. "
    "A command that is repeated with the same `Idempotency-Key` takes effect once."
)


def api_page(made: dict[str, Any], called: Called = ANYWHERE, document: str = "openapi.json") -> str:
    """Return an OpenAPI document as a page.

    Args:
        made: the document.
        called: the destination of the page's requests.
        document: the address of the document, relative to the page.
    """
    found = operations(made)
    head = f"{text(made['info']['description'])} Version {escape(made['info']['version'])}."
    parts = [
        f'<p>{head} OpenAPI: <a href="{escape(document)}">openapi.json</a>.</p>',
        *_contents(found),
        *_access(made, called),
        '<h2 id="requests">Requests</h2>',
        f"<p>{text(_ORDER)}</p>",
        *(part for operation in found for part in _operation(made, operation, called)),
        '<h2 id="schemas">Values</h2>',
        *_schemas(made),
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
    yield table(("way to sign in", "meaning"), rows)
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
        yield f"<p>Body: {_kind(content['schema'])}</p>"
    parameters = [_resolved(made, parameter) for parameter in operation["parameters"]]
    yield table(("parameter", "meaning and type"), map(_parameter, parameters))
    yield table(("status of the answer", "meaning"), map(_response, sorted(operation["responses"].items())))


def _parameter(parameter: dict[str, Any]) -> tuple[str, str]:
    required = " Required." if parameter.get("required") else ""
    description = f"{text(parameter.get('description', ''))}{required} {_kind(parameter['schema'])}"
    return (
        f'<code>{escape(parameter["name"])}</code><br><span class="soft">{escape(parameter["in"])}</span>',
        description,
    )


def _response(found: tuple[str, dict[str, Any]]) -> tuple[str, str]:
    status, response = found
    headers = ", ".join(f"<code>{escape(name)}</code>" for name in sorted(response["headers"]))
    bodies = ", ".join(_kind(content["schema"]) for content in response.get("content", {}).values())
    description = f"{text(response['description'])} Headers: {headers}."
    return f"<code>{escape(status)}</code>", f"{description} Body: {bodies}." if bodies else description


def _resolved(made: dict[str, Any], parameter: dict[str, Any]) -> dict[str, Any]:
    return made["components"]["parameters"][parameter["$ref"].rpartition("/")[2]] if "$ref" in parameter else parameter


def _schemas(made: dict[str, Any]) -> Iterator[str]:
    """Yield a section for each schema of a document."""
    for name, schema in sorted(made["components"]["schemas"].items()):
        yield f'<h3 id="{escape(name)}">{escape(name)}</h3>'
        yield f"<p>{text(schema.get('description', ''))} {_kind(schema)}</p>"
        members = schema.get("properties", {}).items()
        rows = ((f"<code>{escape(member)}</code>", _described(member_schema)) for member, member_schema in members)
        yield table(("property", "meaning and type"), rows)


def _described(schema: dict[str, Any]) -> str:
    """Return the description of a value and its type."""
    return f"{text(schema.get('description', ''))} {_kind(schema)}".strip()


def _kind(schema: dict[str, Any]) -> str:
    """Return the type and the limits of a value."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(map(_kind, schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(f"<code>{escape(str(choice))}</code>" for choice in schema["enum"])
    inner = f" of {_kind(schema['items'])}" if "items" in schema else ""
    return escape(schema.get("type", "anything")) + inner + "".join(_limits(schema))


def _limits(schema: dict[str, Any]) -> Iterator[str]:
    names = ("minimum", "maximum", "minLength", "maxLength", "pattern", "format", "default")
    for name in names:
        if name in schema and schema[name] != []:
            yield f", {name} <code>{escape(_number(schema[name]))}</code>"


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)

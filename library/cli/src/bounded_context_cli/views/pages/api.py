"""The OpenAPI document of a context as an HTML page, with requests to copy.

Their values are the document's own examples, so all requests concern the same aggregate.
"""

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any, Final
from urllib.parse import quote

from .parts import page, preformatted, table, text

Document = dict[str, Any]
Endpoint = tuple[str, str, dict[str, Any]]
"""A path, a method in capitals, and the operation."""

_AUTHORISED: Final = (
    '--aws-sigv4 "aws:amz:$AWS_REGION:execute-api"',
    '--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"',
    '-H "x-amz-security-token: $AWS_SESSION_TOKEN"',
)
_STARTS: Final = re.compile(r"\(`illegal-move`\): it starts from ([^.]+)\.")
_PAGING: Final = ("limit", "cursor")
_COMMON: Final = ("list_id", "status")
_BY_FORMAT: Final = {"date": "2026-01-31", "integer": "1", "boolean": "true"}
_TEXTS: Final = ("id-1", "2026-01-31", "12.50", "42", "EUR")
"""A text for each type of field. The first text that matches a value's pattern is used."""


@dataclass(frozen=True)
class Called:
    """The destination of the requests. `variables` are exported before the requests; `where` describes them.

    `known` has parameter values, by name, that exist at the destination.
    """

    where: str
    variables: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)


ANYWHERE: Final = Called(
    "Fill in the address, which is an output of the stack, and the caller's credentials.",
    {
        "API": "...",
        "AWS_REGION": "...",
        "AWS_ACCESS_KEY_ID": "...",
        "AWS_SECRET_ACCESS_KEY": "...",
        "AWS_SESSION_TOKEN": "",
    },
)


def exports(called: Called) -> str:
    """Return shell lines that export the variables of the requests."""
    return "\n".join(f"export {name}={shlex.quote(text)}" for name, text in called.variables.items())


def operations(openapi: Document) -> list[Endpoint]:
    """Return the operations of a document in this order: create, read, change (by status), delete."""
    endpoints = [
        (path, method.upper(), operation)
        for path, methods in openapi["paths"].items()
        for method, operation in methods.items()
    ]
    return sorted(endpoints, key=lambda operation: _turn(openapi, operation))


def starts(operation: dict[str, Any]) -> str:
    """Return the statuses that a command starts from, read from its rejection; empty if it starts from all statuses."""
    match = _STARTS.search(operation["responses"].get("409", {}).get("description", ""))
    return match[1] if match else ""


def _turn(openapi: Document, endpoint: Endpoint) -> tuple[int, int, str]:
    path, method, operation = endpoint
    if "201" in operation["responses"]:
        return 0, 0, path
    begins = [number for number, status in enumerate(_statuses(openapi)) if f"`{status}`" in starts(operation)]
    return {"GET": 1, "DELETE": 3}.get(method, 2), min(begins, default=0), path


def _statuses(openapi: Document) -> list[str]:
    """Return the statuses in the order in which an aggregate reaches them."""
    status = openapi["components"]["schemas"]["View"]["properties"]["status"]
    return openapi["components"]["schemas"][status["$ref"].rpartition("/")[2]]["enum"] if "$ref" in status else []


def request(openapi: Document, endpoint: Endpoint, called: Called) -> str:
    """Return a request as a shell command that uses the variables of `exports`."""
    path, method, operation = endpoint
    known = {**_samples(openapi), **called.known}
    parameters = [parameter for parameter in operation["parameters"] if "name" in parameter]
    for parameter in parameters:
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", _value(openapi, parameter, known))
    parts = [f'{_verb(method)}"$API{path}{_query(openapi, parameters, known)}"', *_AUTHORISED, *_body(operation)]
    return "curl -i " + " \\\n  ".join(parts)


def _verb(method: str) -> str:
    return "" if method == "GET" else f"-X {method} "


def _query(openapi: Document, named: list[dict[str, Any]], known: Mapping[str, Any]) -> str:
    """Return the query string of required parameters, and of a list query, which needs a condition.

    Uses the list and the status if both are parameters, since one of them has an index. Otherwise uses the first field.
    """
    parameters = {
        parameter["name"]: parameter
        for parameter in named
        if parameter["in"] == "query" and parameter["name"] not in _PAGING
    }
    required = [name for name, parameter in parameters.items() if parameter.get("required")]
    chosen = required or [name for name in _COMMON if name in parameters] or list(parameters)[:1]
    return "?" + "&".join(f"{name}={_value(openapi, parameters[name], known)}" for name in chosen) if chosen else ""


def _body(operation: dict[str, Any]) -> Iterator[str]:
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f'-H "Content-Type: {kind}"'
        yield f"-d {shlex.quote(json.dumps(content.get('example', {}), indent=2, ensure_ascii=False))}"


def _samples(openapi: dict[str, Any]) -> dict[str, Any]:
    """Return each member of the document's examples by name. Members of requests precede members of responses."""
    samples: dict[str, Any] = {}
    for example in _examples(openapi):
        for name, member in example.items():
            if member is not None and not isinstance(member, list | dict):
                samples.setdefault(name, member)
    return samples


def _value(openapi: dict[str, Any], parameter: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    """Return a valid value of a parameter, encoded for a path."""
    if parameter["name"] in known:
        return quote(_value_text(known[parameter["name"]]), safe="")
    schema = _schema(openapi, parameter["schema"])
    return quote(_of_schema(schema), safe="")


def _examples(openapi: dict[str, Any]) -> Iterator[dict[str, Any]]:
    operations = [operation for methods in openapi["paths"].values() for operation in methods.values()]
    bodies = [operation["requestBody"] for operation in operations if "requestBody" in operation]
    for part in (*bodies, *(answer for operation in operations for answer in operation["responses"].values())):
        for content in part.get("content", {}).values():
            yield content.get("example", {})


def _schema(openapi: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a value that is not null."""
    schema = schema.get("anyOf", [schema])[0]
    return openapi["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _of_schema(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return str(schema["enum"][0])
    fits = (text for text in _TEXTS if re.search(schema.get("pattern", ""), text))
    return _BY_FORMAT.get(schema.get("format", schema.get("type", ""))) or next(fits, _TEXTS[0])


def _value_text(item: Any) -> str:
    return str(item).lower() if isinstance(item, bool) else str(item)


_SIGNED: Final = (
    "curl signs the requests on this page with the credentials of the variables below. Callers need the permission "
    "`execute-api:Invoke` on the route. If a stack accepts tokens, replace `--aws-sigv4`, `--user` and "
    '`x-amz-security-token` by `-H "Authorization: Bearer $TOKEN"`. See `uv run context docs access`.'
)
_ORDER: Final = (
    "Run the requests in order. Each builds on the previous one. A command lists the statuses that it starts from. "
    "A command that is repeated with the same `Idempotency-Key` takes effect once."
)


def api_page(openapi: dict[str, Any], called: Called = ANYWHERE, document: str = "openapi.json") -> str:
    """Return an OpenAPI document as a page.

    Args:
        openapi: the document.
        called: the destination of the page's requests.
        document: the address of the document, relative to the page.
    """
    endpoints = operations(openapi)
    head = f"{text(openapi['info']['description'])} Version {escape(openapi['info']['version'])}."
    parts = [
        f'<p>{head} OpenAPI: <a href="{escape(document)}">openapi.json</a>.</p>',
        *_contents(endpoints),
        *_access(openapi, called),
        '<h2 id="requests">Requests</h2>',
        f"<p>{text(_ORDER)}</p>",
        *(part for operation in endpoints for part in _operation(openapi, operation, called)),
        '<h2 id="schemas">Values</h2>',
        *_schemas(openapi),
    ]
    return page(f"{openapi['info']['title']}: HTTP API", filter(None, parts))


def _contents(endpoints: Iterable[Endpoint]) -> Iterator[str]:
    yield '<nav aria-label="Operations">\n<ul>'
    for path, method, operation in endpoints:
        yield f'<li><a href="#{escape(operation["operationId"])}"><code>{escape(f"{method} {path}")}</code></a></li>'
    yield "</ul>\n</nav>"


def _access(openapi: dict[str, Any], called: Called) -> Iterator[str]:
    yield '<h2 id="access">Who may call</h2>'
    schemes = openapi["components"]["securitySchemes"]
    rows = ((f"<code>{escape(name)}</code>", text(scheme["description"])) for name, scheme in schemes.items())
    yield table(("way to sign in", "meaning"), rows)
    yield f"<p>{text(_SIGNED)}</p>"
    yield f"<p>{text(called.where)}</p>"
    yield preformatted(exports(called), "exports")


def _operation(openapi: dict[str, Any], endpoint: Endpoint, called: Called) -> Iterator[str]:
    path, method, operation = endpoint
    name = escape(operation["operationId"])
    yield f'<h3 id="{name}"><code>{escape(f"{method} {path}")}</code></h3>'
    yield f"<p>{text(operation['summary'])} Operation <code>{name}</code>.</p>"
    if operation.get("deprecated"):
        yield f"<p>Deprecated: it may be removed from {escape(operation['x-sunset'])} on.</p>"
    yield preformatted(request(openapi, endpoint, called), "request")
    if begins := starts(operation):
        yield f"<p>It starts from {text(begins)}.</p>"
    for content in operation.get("requestBody", {}).get("content", {}).values():
        yield f"<p>Body: {_kind(content['schema'])}</p>"
    parameters = [_resolved(openapi, parameter) for parameter in operation["parameters"]]
    yield table(("parameter", "meaning and type"), map(_parameter, parameters))
    yield table(("status of the answer", "meaning"), map(_response, sorted(operation["responses"].items())))


def _parameter(parameter: dict[str, Any]) -> tuple[str, str]:
    required = " Required." if parameter.get("required") else ""
    description = f"{text(parameter.get('description', ''))}{required} {_kind(parameter['schema'])}"
    return (
        f'<code>{escape(parameter["name"])}</code><br><span class="soft">{escape(parameter["in"])}</span>',
        description,
    )


def _response(entry: tuple[str, dict[str, Any]]) -> tuple[str, str]:
    status, response = entry
    headers = ", ".join(f"<code>{escape(name)}</code>" for name in sorted(response["headers"]))
    bodies = ", ".join(_kind(content["schema"]) for content in response.get("content", {}).values())
    description = f"{text(response['description'])} Headers: {headers}."
    return f"<code>{escape(status)}</code>", f"{description} Body: {bodies}." if bodies else description


def _resolved(openapi: dict[str, Any], parameter: dict[str, Any]) -> dict[str, Any]:
    parameters = openapi["components"]["parameters"]
    return parameters[parameter["$ref"].rpartition("/")[2]] if "$ref" in parameter else parameter


def _schemas(openapi: dict[str, Any]) -> Iterator[str]:
    """Yield a section for each schema of a document."""
    for name, schema in sorted(openapi["components"]["schemas"].items()):
        yield f'<h3 id="{escape(name)}">{escape(name)}</h3>'
        yield f"<p>{text(schema.get('description', ''))} {_kind(schema)}</p>"
        members = schema.get("properties", {}).items()
        rows = ((f"<code>{escape(member)}</code>", _description(member_schema)) for member, member_schema in members)
        yield table(("property", "meaning and type"), rows)


def _description(schema: dict[str, Any]) -> str:
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


__all__ = ["Called", "api_page"]

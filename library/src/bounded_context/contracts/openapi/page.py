"""The OpenAPI document as a page: one file without scripts that loads nothing."""

from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from typing import Any

_STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")


def page(made: dict[str, Any]) -> str:
    """Return a document as HTML."""
    title = escape(f"{made['info']['title']}: HTTP API")
    parts = [*_head(made), *_operations(made), *_schemas(made)]
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f"<style>\n{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n" + "\n".join(parts) + "\n</body>\n</html>\n"
    )


def _head(made: dict[str, Any]) -> Iterator[str]:
    yield f'<p>{_text(made["info"]["description"])} OpenAPI: <a href="openapi.json">openapi.json</a>.</p>'
    yield "<h2>Who may call</h2>"
    schemes = made["components"]["securitySchemes"]
    yield _table(("one of", "is"), ((name, _text(scheme["description"])) for name, scheme in schemes.items()))


def _operations(made: dict[str, Any]) -> Iterator[str]:
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            yield from _operation(made, f"{method.upper()} {path}", operation)


def _operation(made: dict[str, Any], route: str, operation: dict[str, Any]) -> Iterator[str]:
    name = escape(operation["operationId"])
    yield f'<h2 id="{name}"><code>{escape(route)}</code></h2>'
    yield f"<p>{_text(operation['summary'])} Operation <code>{name}</code>.</p>"
    parameters = [_resolved(made, one) for one in operation["parameters"]]
    yield _table(("parameter", "in", "is"), ((one["name"], one["in"], _parameter(one)) for one in parameters))
    for content in operation.get("requestBody", {}).get("content", {}).values():
        yield f"<p>Body: {_type(content['schema'])}</p>"
    yield _table(("status", "means", "body"), map(_response, sorted(operation["responses"].items())))


def _parameter(one: dict[str, Any]) -> str:
    needed = " Required." if one.get("required") else ""
    return f"{_text(one.get('description', ''))}{needed} {_type(one['schema'])}"


def _response(found: tuple[str, dict[str, Any]]) -> tuple[str, str, str]:
    status, response = found
    headers = ", ".join(f"<code>{escape(name)}</code>" for name in sorted(response["headers"]))
    bodies = ", ".join(_type(content["schema"]) for content in response.get("content", {}).values())
    return status, f"{_text(response['description'])} Headers: {headers}.", bodies


def _schemas(made: dict[str, Any]) -> Iterator[str]:
    for name, schema in sorted(made["components"]["schemas"].items()):
        yield f'<h2 id="{escape(name)}">{escape(name)}</h2>'
        yield f"<p>{_text(schema.get('description', ''))} {_type(schema)}</p>"
        members = schema.get("properties", {}).items()
        rows = ((member, f"{_text(one.get('description', ''))} {_type(one)}") for member, one in members)
        if members:
            yield _table(("member", "is"), rows)


def _type(schema: dict[str, Any]) -> str:
    """Return what a value must be."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(map(_type, schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(f"<code>{escape(str(one))}</code>" for one in schema["enum"])
    inner = f" of {_type(schema['items'])}" if "items" in schema else ""
    return escape(schema.get("type", "anything")) + inner + "".join(_limits(schema))


def _limits(schema: dict[str, Any]) -> Iterator[str]:
    names = ("minimum", "maximum", "minLength", "maxLength", "pattern", "format", "default")
    for name in names:
        if name in schema and schema[name] != []:
            yield f", {name} <code>{escape(_number(schema[name]))}</code>"


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _resolved(made: dict[str, Any], one: dict[str, Any]) -> dict[str, Any]:
    return made["components"]["parameters"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table: its first column is a name, the others are HTML."""
    lines = [
        [f"<th><code>{escape(name)}</code></th>", *(f"<td>{cell}</td>" for cell in cells)] for name, *cells in rows
    ]
    if not lines:
        return ""
    titles = "".join(f"<th>{escape(title)}</th>" for title in head)
    return f"<table>\n<tr>{titles}</tr>\n" + "\n".join(f"<tr>{''.join(line)}</tr>" for line in lines) + "\n</table>"


def _text(text: str) -> str:
    """Return text of a docstring, whose code stands between backticks."""
    parts = escape(text).replace("``", "`").split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))

"""The schemas of values, in words."""

from collections.abc import Iterator
from html import escape
from typing import Any

from ..parts import table, text


def schemas(made: dict[str, Any]) -> Iterator[str]:
    """Yield a section for each schema of a document."""
    for name, schema in sorted(made["components"]["schemas"].items()):
        yield f'<h3 id="{escape(name)}">{escape(name)}</h3>'
        yield f"<p>{text(schema.get('description', ''))} {kind(schema)}</p>"
        members = schema.get("properties", {}).items()
        rows = ((f"<code>{escape(member)}</code>", _described(member_schema)) for member, member_schema in members)
        yield table(("member", "is"), rows)


def _described(schema: dict[str, Any]) -> str:
    """Return the description of a value and its type."""
    return f"{text(schema.get('description', ''))} {kind(schema)}".strip()


def kind(schema: dict[str, Any]) -> str:
    """Return the type and the limits of a value."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(map(kind, schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(f"<code>{escape(str(choice))}</code>" for choice in schema["enum"])
    inner = f" of {kind(schema['items'])}" if "items" in schema else ""
    return escape(schema.get("type", "anything")) + inner + "".join(_limits(schema))


def _limits(schema: dict[str, Any]) -> Iterator[str]:
    names = ("minimum", "maximum", "minLength", "maxLength", "pattern", "format", "default")
    for name in names:
        if name in schema and schema[name] != []:
            yield f", {name} <code>{escape(_number(schema[name]))}</code>"


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)

"""The reference of the settings, from their declarations. A test compares it with the package's page."""

from collections.abc import Iterator
from typing import Any, Final

import yaml

from bounded_context_infra.configuration.pipeline_settings import AccountSettings, PipelineSettings
from bounded_context_infra.configuration.schema import Schema, groups
from bounded_context_infra.configuration.settings import ApiSettings, Settings

_HEAD: Final = """\
# Settings of a stack, of the pipeline and of an account

A setting of the service is a line `<package>:<name>` in `infra/service/Pulumi.<stack>.yaml`. A setting of the
pipeline is a line `<package>-pipeline:<name>` in `infra/pipeline/Pulumi.main.yaml`. A setting of an
[account](accounts.md) is a line `<package>-account:<name>` in `infra/account/Pulumi.<name>.yaml`. The examples on this
page are of the context `loan`.

```sh
uv run context settings
```

checks the settings of all stacks, without an account. It prints the file, the line and the remedy of an invalid
setting. `context check` and `context run` begin with this check. Pulumi's preview prints the same message.
`context check` also finds a misspelt name of a setting.

The command also writes JSON Schemas into `build/settings/`. The first line of a stack's file names its schema. An
editor with the YAML language server then completes the settings, shows their effects and marks invalid values:

```yaml
# yaml-language-server: $schema=../../build/settings/service.json
```
"""

_COLUMNS: Final = "| setting | value | default | effect | example |\n|---|---|---|---|---|\n"


def page() -> str:
    """Return the page."""
    service = [section for kind in (Settings, ApiSettings) for section in groups(kind).items()]
    sections = [_section(kind, schemas, "loan") for kind, schemas in service]
    pipeline = [_section(kind, schemas, "loan-pipeline") for kind, schemas in groups(PipelineSettings).items()]
    account = [_section(kind, schemas, "loan-account") for kind, schemas in groups(AccountSettings).items()]
    return "\n".join([_HEAD, *sections, *pipeline, *account])


def _section(kind: type, schemas: dict[str, Schema], prefix: str) -> str:
    title, _, rest = (kind.__doc__ or "").strip().partition(".")
    rows = [row for name, schema in schemas.items() for row in _rows(prefix, name, schema)]
    about = f"{' '.join(rest.split())}\n\n" if rest.strip() else ""
    return f"## {title}\n\n{about}{_COLUMNS}" + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _rows(prefix: str, name: str, schema: Schema) -> Iterator[list[str]]:
    """Yield the row of a setting, and a row for each member with a description."""
    example = f"`{prefix}:{name}: {_flow(schema['examples'][0])}`"
    yield [f"`{name}`", _value(schema), _default(schema), schema["description"], example]
    for path, inner in _members(name, schema):
        yield [f"`{path}`", _value(inner), _default(inner) if "default" in inner else "", inner["description"], ""]


def _members(path: str, schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Yield the members of a map, of the maps in a list, or of a map's maps, with their paths."""
    for member, inner in schema.get("properties", {}).items():
        if "description" in inner:
            yield f"{path}.{member}", inner
    if isinstance(inner := schema.get("additionalProperties"), dict):
        yield from _members(f"{path}.<name>", inner)
    if "items" in schema:
        yield from _members(f"{path}[]", schema["items"])


def _default(schema: Schema) -> str:
    """Return the default in words. Members have their own defaults."""
    match schema:
        case {"default": None | "" | []}:
            return "-"
        case {"default": dict() as value}:
            return "" if value else "-"
        case {"type": "array", "default": str() as words}:
            return words
        case {"default": value}:
            return f"`{_flow(value)}`"
        case _:
            return "(required)"


def _value(schema: Schema) -> str:
    """Return the accepted values in words."""
    match schema:
        case {"enum": values}:
            return ", ".join(f"`{_flow(value)}`" for value in values)
        case {"title": words} if words:
            return words.replace("<", r"\<")
        case {"type": "integer" | "number", "minimum": least, "maximum": most}:
            return f"{least:,} to {most:,}"
        case {"type": "array", "items": items}:
            return f"a list of: {_value(items)}"
        case {"type": "object", "properties": known}:
            return f"a map of {', '.join(f'`{name}`' for name in known)}"
        case {"type": "object", "additionalProperties": values}:
            return f"a map of names to: {_value(values)}"
        case {"type": "boolean"}:
            return "`true`, `false`"
        case _:
            return "a text"


def _flow(value: Any) -> str:
    """Return a value as YAML on one line."""
    return yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False).removesuffix("...\n").strip()

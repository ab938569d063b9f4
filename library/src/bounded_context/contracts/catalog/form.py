"""What a catalogue says of a context, as Backstage's entities, and how their file is written: as YAML.

Only the standard library is needed: a bake writes its first file by it.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

Entity = dict[str, Any]

EVENTS: Final = "-events"
"""What follows a context's name in that of the API of its events, here and wherever somebody consumes them."""

HTTP: Final = "-http"

NAME_LIMIT: Final = 63
"""Characters of an entity's name (Backstage, "Descriptor Format of Catalog Entities", metadata.name)."""

_NAME: Final = r"[A-Za-z0-9]+(?:[-_.]+[A-Za-z0-9]+)*"
_REFERENCE: Final = re.compile(rf"(?:(?:group|user):)?{_NAME}|(?:group|user):[a-z0-9]+(?:-+[a-z0-9]+)*/{_NAME}")
_GITHUB: Final = re.compile(rf"{_NAME}/({_NAME})")

_HEAD: Final = """\
# The context in Backstage's catalogue. `uv run just contracts` writes what its declaration says: names, owner, APIs.
# What you add stays (an annotation, a link, an entity), and so do your lifecycle and system; comments do not.
"""
_PLAIN: Final = re.compile(r"[A-Za-z$][A-Za-z0-9_=./$-]*(?:,? [A-Za-z0-9_=./-]+)*")
_WORDS: Final = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null"])
"""What YAML reads as something other than text."""


def entities(
    context: str, title: str, description: str, owner: str, *, api: bool = True, heard: Iterable[str] = ()
) -> list[Entity]:
    """Return the system, the component and the APIs of a context.

    Args:
        context: its name in snake_case.
        title: its name for people.
        description: what it does, in one sentence.
        owner: the team, as every resource's tag has it.
        api: whether callers reach it over HTTP.
        heard: the contexts whose events it hears, by their names.
    """
    name, by = context.replace("_", "-"), group(owner)
    spec = {"lifecycle": "experimental", "owner": by, "system": name}
    apis = _apis(name, title, spec, api=api)
    component = {
        "type": "service",
        **spec,
        "providesApis": [one["metadata"]["name"] for one in apis],
        "consumesApis": sorted(f"{one.replace('_', '-')}{EVENTS}" for one in heard),
    }
    said = {"name": name, "title": title, "description": description}
    # How the AWS plugins of Backstage find the pipeline: by the tag that all of the context's resources have.
    tagged = {"annotations": {"aws.amazon.com/aws-codepipeline-tags": f"context={context}"}}
    return [_entity("System", said, {"owner": by}), _entity("Component", said | tagged, component), *apis]


def group(owner: str) -> str:
    """Return the entity of an owner: as it is where it names one, GitHub's ``organisation/team`` as the team.

    Any other text gives the name that is made of its words: ``insurance / team 7`` becomes ``insurance-team-7``.
    """
    if _REFERENCE.fullmatch(owner):
        return owner
    of_github = _GITHUB.fullmatch(owner)
    return of_github[1] if of_github else re.sub(r"[^A-Za-z0-9]+", "-", owner).strip("-")[:NAME_LIMIT].rstrip("-")


def as_text(found: Iterable[Mapping[str, Any]]) -> str:
    """Return entities as the file has them."""
    return _HEAD + "".join("---\n" + "".join(f"{line}\n" for line in _members(one, "")) for one in found)


def _apis(name: str, title: str, spec: Mapping[str, str], *, api: bool) -> list[Entity]:
    over_http = (HTTP, "HTTP API", "What callers may ask, over HTTP.", "openapi", "./docs/api/openapi.json")
    told = (EVENTS, "events", "What other contexts hear.", "asyncapi", "./events/asyncapi.json")
    return [
        _entity(
            "API",
            {"name": f"{name}{suffix}", "title": f"{title}: {words}", "description": description},
            {"type": kind, **spec, "definition": {"$text": file}},
        )
        for suffix, words, description, kind, file in ((over_http, told) if api else (told,))
    ]


def _entity(kind: str, metadata: Mapping[str, Any], spec: Mapping[str, Any]) -> Entity:
    return {"apiVersion": "backstage.io/v1alpha1", "kind": kind, "metadata": dict(metadata), "spec": dict(spec)}


def _members(value: Mapping[str, Any], indent: str) -> Iterator[str]:
    for name, inner in value.items():
        head = f"{indent}{_scalar(name)}:"
        if isinstance(inner, dict | list) and inner:
            yield head
            yield from _members(inner, f"{indent}  ") if isinstance(inner, dict) else _items(inner, f"{indent}  ")
        else:
            yield f"{head} {_scalar(inner)}"


def _items(values: Iterable[Any], indent: str) -> Iterator[str]:
    for value in values:
        if isinstance(value, dict) and value:
            first, *others = _members(value, f"{indent}  ")
            yield f"{indent}- {first.lstrip()}"
            yield from others
        else:
            yield f"{indent}- {_scalar(value)}"


def _scalar(value: Any) -> str:
    """Return a text as it is where YAML reads it so, and anything else as JSON, which is YAML too."""
    plain = isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS
    return value if plain else json.dumps(value, ensure_ascii=False, default=str)

"""Backstage entities of a context, and their YAML file.

Imports no other module of the library, because the bake writes the first file with this module.
"""

import re
from collections.abc import Iterable, Mapping
from math import inf
from typing import Any, Final

import yaml

Entity = dict[str, Any]

EVENTS: Final = "-events"
"""The suffix of the name of a context's events API, in its own catalogue file and in those of its consumers."""

HTTP: Final = "-http"

NAME_LIMIT: Final = 63
"""Characters of an entity's name (Backstage, "Descriptor Format of Catalog Entities", metadata.name)."""

_NAME: Final = r"[A-Za-z0-9]+(?:[-_.]+[A-Za-z0-9]+)*"
_REFERENCE: Final = re.compile(rf"(?:(?:group|user):)?{_NAME}|(?:group|user):[a-z0-9]+(?:-+[a-z0-9]+)*/{_NAME}")
_GITHUB: Final = re.compile(rf"{_NAME}/({_NAME})")

_HEAD: Final = """\
# The context in Backstage's catalogue. `uv run context contracts` writes what its declaration says: names, owner, APIs.
# What you add stays (an annotation, a link, an entity), and so do your lifecycle and system; comments do not.
"""


class _Dumper(yaml.SafeDumper):
    """Indents the items of lists, quotes with double quotes, and repeats equal values instead of references."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        """Indent the items of lists too."""
        super().increase_indent(flow, indentless=False)

    def choose_scalar_style(self) -> str:
        """Return the style of a text: double quotes instead of single quotes."""
        style = super().choose_scalar_style()
        return '"' if style == "'" else style

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        """Return True: no value is a reference."""
        return True


def entities(
    context: str, title: str, description: str, owner: str, *, api: bool = True, consumed: Iterable[str] = ()
) -> list[Entity]:
    """Return the system, the component and the APIs of a context.

    Args:
        context: the context's name in snake_case.
        title: the display name.
        description: the purpose in a sentence.
        owner: the team, as in the tag of every resource.
        api: whether the context has an HTTP API.
        consumed: the names of the contexts whose events it consumes.
    """
    name, by = context.replace("_", "-"), group(owner)
    spec = {"lifecycle": "experimental", "owner": by, "system": name}
    apis = _apis(name, title, spec, api=api)
    component = {
        "type": "service",
        **spec,
        "providesApis": [entity["metadata"]["name"] for entity in apis],
        "consumesApis": sorted(f"{source.replace('_', '-')}{EVENTS}" for source in consumed),
    }
    metadata = {"name": name, "title": title, "description": description}
    # Backstage's AWS plugins find the pipeline by the tag that all of the context's resources have.
    tagged = {"annotations": {"aws.amazon.com/aws-codepipeline-tags": f"context={context}"}}
    return [_entity("System", metadata, {"owner": by}), _entity("Component", metadata | tagged, component), *apis]


def group(owner: str) -> str:
    """Return the entity reference of an owner.

    A reference stays as it is. GitHub's ``organisation/team`` becomes the team. Words of any other text are joined by
    dashes: ``insurance / team 7`` becomes ``insurance-team-7``.
    """
    if _REFERENCE.fullmatch(owner):
        return owner
    of_github = _GITHUB.fullmatch(owner)
    return of_github[1] if of_github else re.sub(r"[^A-Za-z0-9]+", "-", owner).strip("-")[:NAME_LIMIT].rstrip("-")


def as_text(entities: Iterable[Mapping[str, Any]]) -> str:
    """Return the text of the file with the entities."""
    return _HEAD + yaml.dump_all(
        entities, Dumper=_Dumper, explicit_start=True, sort_keys=False, allow_unicode=True, width=inf
    )


def _apis(name: str, title: str, spec: Mapping[str, str], *, api: bool) -> list[Entity]:
    over_http = (HTTP, "HTTP API", "What callers may ask, over HTTP.", "openapi", "./docs/api/openapi.json")
    events = (EVENTS, "events", "What other contexts hear.", "asyncapi", "./events/asyncapi.json")
    return [
        _entity(
            "API",
            {"name": f"{name}{suffix}", "title": f"{title}: {words}", "description": description},
            {"type": kind, **spec, "definition": {"$text": file}},
        )
        for suffix, words, description, kind, file in ((over_http, events) if api else (events,))
    ]


def _entity(kind: str, metadata: Mapping[str, Any], spec: Mapping[str, Any]) -> Entity:
    return {"apiVersion": "backstage.io/v1alpha1", "kind": kind, "metadata": dict(metadata), "spec": dict(spec)}

"""The context's entry in Backstage's catalogue, generated from the declaration, with the team's additions."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from bounded_context.declaration.context import Context
from bounded_context.domain.spelling import kebab

from ..programs.pulumi_files import config, stacks_on_aws
from .catalog_form import EVENTS, HTTP, Entity, as_text, entities
from .compatibility import RefusedChange
from .published import project_table

NAME: Final = "catalog-info.yaml"

_THEIRS: Final = ("lifecycle", "system")
"""Members that the declaration does not determine. The bake writes the first value, and the team may change it."""


def write(context: Context[Any], root: Path) -> Iterator[str]:
    """Update the catalogue file of the repository in ``root`` from the declaration; yields a line if it changed.

    Raises:
        RefusedChange: the existing file is not YAML.
    """
    theirs = _read(root)
    entities = _merge(context, root, theirs)
    if entities != theirs:
        (root / NAME).write_text(as_text(entities), encoding="utf-8")
        yield f"{NAME} is updated from the declaration"


def is_current(context: Context[Any], root: Path) -> bool:
    """Return whether the file is up to date with the declaration. Raises RefusedChange."""
    theirs = _read(root)
    return theirs == _merge(context, root, theirs)


def consumed(package: str, service: Path) -> set[str]:
    """Return the contexts whose events a service consumes in any stack on AWS (setting `consumes`)."""
    configs = [config(service, stack) for stack in stacks_on_aws(service)]
    sources = (settings.get(f"{package}:consumes") or {} for settings in configs)
    return {context for contexts in sources for context in contexts}


def _read(root: Path) -> list[Entity]:
    path = root / NAME
    try:
        entities = list(yaml.safe_load_all(path.read_text(encoding="utf-8"))) if path.exists() else []
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RefusedChange(f"{NAME} is not YAML: {' '.join(str(error).split())}: correct it, or remove it.") from None
    entities = [entity for entity in entities if entity is not None]
    if not all(isinstance(entity, dict) and isinstance(entity.get("metadata"), dict) for entity in entities):
        raise RefusedChange(
            f"{NAME} has a part that is not an entity: write apiVersion, kind, metadata and spec, or remove it."
        )
    return entities


def _merge(context: Context[Any], root: Path, theirs: list[Entity]) -> list[Entity]:
    generated = {_key(entity): entity for entity in _generate(context, root, theirs)}
    name = kebab(context.name)
    ours = {("API", f"{name}{HTTP}"), ("API", f"{name}{EVENTS}")}
    there = {_key(entity): entity for entity in theirs if _key(entity) in generated or _key(entity) not in ours}
    return list((there | {key: _over(there.get(key, {}), entity) for key, entity in generated.items()}).values())


def _generate(context: Context[Any], root: Path, theirs: Iterable[Entity]) -> Iterator[Entity]:
    """Yield the entities of the declaration, without a system if the team moved the component to another system."""
    description, name = str(project_table(root).get("description") or context.title), kebab(context.name)
    sources, title = consumed(context.name, root / "infra" / "service"), context.display_name
    component = next((entity for entity in theirs if _key(entity) == ("Component", name)), {})
    alone = component.get("spec", {}).get("system", name) == name
    for entity in entities(context.name, title, description, context.owner, api=context.api, consumed=sources):
        if alone or entity["kind"] != "System":
            yield entity


def _key(entity: Mapping[str, Any]) -> tuple[str, str]:
    return str(entity.get("kind")), str(entity["metadata"].get("name"))


def _over(theirs: Any, generated: Any, name: str = "") -> Any:
    """Return the generated value merged with the team's additions; ``name`` is the member's name."""
    if isinstance(generated, dict):
        there = theirs if isinstance(theirs, dict) else {}
        return there | {member: _over(there.get(member), value, member) for member, value in generated.items()}
    if name in _THEIRS and theirs:
        return theirs
    return _with_others(theirs, generated, _OURS[name]) if name in _OURS and isinstance(theirs, list) else generated


def _with_others(theirs: list[Any], names: list[str], ours: Callable[[str], bool]) -> list[Any]:
    remaining = [name for name in theirs if name in names or not ours(str(name))]
    return [*remaining, *(name for name in names if name not in remaining)]


_OURS: Final[Mapping[str, Callable[[str], bool]]] = {
    "providesApis": lambda name: name.endswith((EVENTS, HTTP)),
    "consumesApis": lambda name: name.endswith(EVENTS),
}
"""Tests for the names in a list that the declaration controls. Outdated names are removed, the team's names stay."""

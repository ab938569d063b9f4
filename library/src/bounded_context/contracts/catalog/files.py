"""The catalogue's file of a repository: what the declaration says is in it, and what a team has added stays."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from ...context import Context
from ...pulumi_files import config, stacks
from ...words import kebab
from ..change import Refused
from ..release import project_table
from .form import EVENTS, HTTP, Entity, as_text, entities

NAME: Final = "catalog-info.yaml"

_THEIRS: Final = ("lifecycle", "system")
"""What no declaration says: the first value is the bake's, every later one the team's."""

ELSEWHERE: Final = "aws:endpoints"
"""The config of a stack that is deployed to no account of AWS."""


def write(context: Context[Any], root: Path) -> Iterator[str]:
    """Bring the file of the repository in ``root`` up to the declaration; yields a line if that changes it.

    Raises:
        Refused: what is there is no YAML.
    """
    theirs = _read(root)
    found = _merged(context, root, theirs)
    if found != theirs:
        (root / NAME).write_text(as_text(found), encoding="utf-8")
        yield f"{NAME} has what the code says"


def is_said(context: Context[Any], root: Path) -> bool:
    """Tell whether the file says all that the declaration does, and nothing that it said once. Raises Refused."""
    theirs = _read(root)
    return theirs == _merged(context, root, theirs)


def heard(package: str, service: Path) -> set[str]:
    """Return the contexts whose events any stack of a service hears that is deployed to AWS (setting `consumes`)."""
    configs = [config(service, stack) for stack in stacks(service)]
    named = (one.get(f"{package}:consumes") or {} for one in configs if ELSEWHERE not in one)
    return {context for one in named for context in one}


def _read(root: Path) -> list[Entity]:
    path = root / NAME
    try:
        found = list(yaml.safe_load_all(path.read_text(encoding="utf-8"))) if path.exists() else []
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Refused(f"{NAME} is not YAML: {' '.join(str(error).split())}: correct it, or remove it.") from None
    found = [one for one in found if one is not None]
    if not all(isinstance(one, dict) and isinstance(one.get("metadata"), dict) for one in found):
        raise Refused(
            f"{NAME} has a part that is not an entity: write apiVersion, kind, metadata and spec, or remove it."
        )
    return found


def _merged(context: Context[Any], root: Path, theirs: list[Entity]) -> list[Entity]:
    made = {_key(one): one for one in _made(context, root, theirs)}
    name = kebab(context.name)
    ours = {("API", f"{name}{HTTP}"), ("API", f"{name}{EVENTS}")}
    there = {_key(one): one for one in theirs if _key(one) in made or _key(one) not in ours}
    return list((there | {key: _over(there.get(key, {}), one) for key, one in made.items()}).values())


def _made(context: Context[Any], root: Path, theirs: Iterable[Entity]) -> Iterator[Entity]:
    """Yield what the declaration says; a system of its own only for a component that is in no other."""
    said, name = str(project_table(root).get("description") or context.title), kebab(context.name)
    hears = heard(context.name, root / "infra" / "service")
    component = next((one for one in theirs if _key(one) == ("Component", name)), {})
    alone = component.get("spec", {}).get("system", name) == name
    for one in entities(context.name, context.display_name, said, context.owner, api=context.api, heard=hears):
        if alone or one["kind"] != "System":
            yield one


def _key(entity: Mapping[str, Any]) -> tuple[str, str]:
    return str(entity.get("kind")), str(entity["metadata"].get("name"))


def _over(theirs: Any, made: Any, name: str = "") -> Any:
    """Return what is made, with what else is there; ``name`` is the member's."""
    if isinstance(made, dict):
        there = theirs if isinstance(theirs, dict) else {}
        return there | {member: _over(there.get(member), value, member) for member, value in made.items()}
    if name in _THEIRS and theirs:
        return theirs
    return _with_others(theirs, made, _OURS[name]) if name in _OURS and isinstance(theirs, list) else made


def _with_others(theirs: list[Any], made: list[str], ours: Callable[[str], bool]) -> list[Any]:
    kept = [one for one in theirs if one in made or not ours(str(one))]
    return [*kept, *(one for one in made if one not in kept)]


_OURS: Final[Mapping[str, Callable[[str], bool]]] = {
    "providesApis": lambda one: one.endswith((EVENTS, HTTP)),
    "consumesApis": lambda one: one.endswith(EVENTS),
}
"""Which names of a list are the declaration's: one that it does not say any more goes, and the team's stay."""

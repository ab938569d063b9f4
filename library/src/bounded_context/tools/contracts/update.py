"""Update of a repository's contracts: schemas, their versions in the code, the AsyncAPI document, and the samples."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...declaration.context import Context
from . import asyncapi, changeover, schemas
from .change import Refused, next_version
from .published import versions, write
from .release import release
from .released import files
from .released.breaches import Released
from .values import NoSample
from .version_declarations import raised


def update(context: Context[Any], root: Path, said: Mapping[str, str] | None = None) -> Iterator[str]:
    """Update the contracts of the repository in ``root`` from its models; yields a line for each written file.

    ``said`` overrides the context's version of each event type.

    Raises:
        Refused: a model breaks the newest schema. Or the code breaks data or callers of an earlier version. Or a
            subscriber would change to another major version at once. No file is written then.
    """
    events = root / "events"
    declared = context.told if said is None else tuple(said.items())
    current = [(event_type, text, next_version(context, event_type, text, events)) for event_type, text in declared]
    newest = {event_type: str(version) for event_type, _, version in current[: len(context.versions)]}
    released = _readable(replace(context, versions=newest), root)
    versioned = [(event_type, version) for event_type, _, version in current]
    document = asyncapi.document(context, versioned, release(root))
    _check_changeover(root, document)
    for event_type, text, version in current:
        if version not in versions(event_type, events):
            write(event_type, version, schemas.of_data(context, event_type, str(version)), events)
            yield f"events/{event_type}/{version}.json is new"
        if str(version) != text:
            yield from raised(context, root, event_type, text, str(version))
    yield from _written(root, document)
    if not released.is_written:
        files.write(root, released.release, released.grown)
        yield f"{files.FOLDER}/{released.release}.json has new samples"


def _readable(context: Context[Any], root: Path) -> Released:
    released = Released(context, root)
    try:
        broken = [*released.kept(), *released.said()]
        released.grown  # noqa: B018  (raises before anything is written)
    except NoSample as unknown:
        raise Refused(str(unknown)) from None
    if broken:
        raise Refused("\n".join(broken))
    return released


def _check_changeover(root: Path, document: Mapping[str, Any]) -> None:
    path = root / "events" / asyncapi.NAME
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"channels": {}}
    if found := sorted(changeover.abrupt(before, document)):
        raise Refused("\n".join(found))


def _written(root: Path, document: dict[str, Any]) -> Iterator[str]:
    path = root / "events" / asyncapi.NAME
    text = schemas.as_text(document)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
        yield f"{path.relative_to(root)} is new"

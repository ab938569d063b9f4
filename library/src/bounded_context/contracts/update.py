"""Writes new schemas, says their versions where they are said, and writes AsyncAPI and the samples of the version."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..context import Context
from . import asyncapi, changeover, schemas
from .change import Refused, next_version
from .published import versions, write
from .release import release
from .released import files
from .released.breaches import Released
from .said import begun, raised
from .values import NoSample


def update(context: Context[Any], root: Path, said: Mapping[str, str] | None = None) -> Iterator[str]:
    """Bring the repository in ``root`` up to its models; yields a line for each file that is written.

    ``said`` is the version of each type of event, if it is not the context's own.

    Raises:
        Refused: a model says what no new version of a schema may say, or what an earlier version kept or promised is
            not read or kept any more. Or a subscriber would change over to another major version at once. Nothing is
            written then.
    """
    events = root / "events"
    told = context.told if said is None else tuple(said.items())
    current = [(one, text, next_version(context, one, text, events)) for one, text in told]
    newest = {one: str(version) for one, _, version in current[: len(context.versions)]}
    released = _readable(replace(context, versions=newest), root)
    document = asyncapi.document(context, [(one, version) for one, _, version in current], release(root))
    _check_changeover(root, document)
    yield from begun(context, root)
    for event_type, text, version in current:
        if version not in versions(event_type, events):
            write(event_type, version, schemas.of_data(context, event_type, str(version)), events)
            yield f"events/{event_type}/{version}.json is new"
        if str(version) != text:
            yield from raised(context, root, event_type, text, str(version))
    yield from _written(root, document)
    if not released.is_written:
        files.write(root, released.release, released.grown)
        yield f"{files.FOLDER}/{released.release}.json has what the code stores and says"


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

"""`context contracts`: the documents of events and statuses, written from the models as new minor versions."""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any, Final

from bounded_context.declaration.context import Context
from bounded_context_infra.configuration.project import Project, ProjectError

from ..command.installed import repository
from ..command.output import fail, update_file
from . import documents, published
from .baseline import Baseline
from .compatibility import RefusedChange, declaration_file, next_version
from .deprecation import removed_early
from .published import NoSample, release, versions, write
from .released import FOLDER, Released


def contracts() -> int:
    """Write schemas, AsyncAPI, samples, diagrams, AGENTS.md, catalog-info.yaml, the lists page; print written files.

    Examples:
      context contracts

    Exit status:
      0  the documents match the code
      1  nothing is written: a reader of the events would miss a field
    """
    # The help does not need these modules, which import boto3, Pulumi and Powertools.
    from ..views.picture import picture_
    from .compatibility import RefusedChange

    try:
        for line in _write_documents(repository()):
            sys.stdout.write(f"{line}\n")
    except (RefusedChange, ProjectError) as refused:
        return fail(str(refused))
    return picture_(readme=True)


def _write_documents(project: Project) -> Iterator[str]:
    from ..command import output
    from . import documents
    from .documents import LIST_FORMAT, diagram, list_format_page

    yield from update(project.context, project.root)
    if project.context.has_lists and update_file(project.root / LIST_FORMAT, list_format_page(project)):
        yield f"{LIST_FORMAT} is updated"
    if output.write_diagram(project.root, diagram(project.context)):
        yield f"{output.README} has a new diagram of statuses"
    if update_file(project.root / documents.AGENTS, documents.agents_page(project)):
        yield f"{documents.AGENTS} is updated from the declaration"
    yield from documents.write(project.context, project.root)


WORKFLOW: Final = "workflow/list_import.asl.json"
_VERSIONS: Final = re.compile(r"^    versions=\{\n(?: {8}.*\n)*", re.MULTILINE)
_BEFORE_VERSIONS: Final = re.compile(
    r"^    (?:data=\w+,|commands=\(\n(?: {8}.*\n)*    \),)\n(?!    data=)", re.MULTILINE
)
"""The argument before a new argument `versions`."""


def update(context: Context[Any], root: Path, overrides: Mapping[str, str] | None = None) -> Iterator[str]:
    """Update the contracts of the repository in ``root`` from its models; yields a line for each written file.

    ``overrides`` replaces the context's version of each event type.

    Raises:
        RefusedChange: a model breaks the newest schema. Or the code breaks data or callers of an earlier version. Or a
            subscriber would change to another major version at once. No file is written then.
    """
    events, baseline = root / "events", Baseline.of(root)
    declared = context.event_versions if overrides is None else tuple(overrides.items())
    current = [(event_type, text, next_version(context, event_type, text, baseline)) for event_type, text in declared]
    newest = {event_type: str(version) for event_type, _, version in current[: len(context.versions)]}
    released = _readable(replace(context, versions=newest), root)
    versioned = [(event_type, version) for event_type, _, version in current]
    document = documents.document(context, versioned, release(root))
    _check_changeover(baseline, document)
    for event_type, text, version in current:
        path, schema = f"events/{event_type}/{version}.json", published.of_data(context, event_type, str(version))
        if version not in versions(event_type, events):
            write(event_type, version, schema, events)
            yield f"{path} is new"
        elif baseline.is_own(path) and update_file(root / path, published.as_text(schema)):
            yield f"{path} is written anew"
        if str(version) != text:
            if baseline.is_own(path := f"events/{event_type}/{text}.json"):
                (root / path).unlink(missing_ok=True)
            yield from raised(context, root, event_type, text, str(version))
    path = events / documents.NAME
    if update_file(path, published.as_text(document)):
        yield f"{path.relative_to(root)} is updated"
    if not released.is_written:
        released.write()
        yield f"{FOLDER}/{released.release}.json has new samples"
    yield from released.transitions()


def _readable(context: Context[Any], root: Path) -> Released:
    released = Released(context, root)
    try:
        early = removed_early(context, released.baseline)
        broken = list(released.baseline.with_remedy([*released.data_breaks(), *released.interface_breaks(), *early]))
        released.grown  # noqa: B018  (raises before anything is written)
    except NoSample as unknown:
        raise RefusedChange(str(unknown)) from None
    if broken:
        raise RefusedChange("\n".join(broken))
    return released


def _check_changeover(baseline: Baseline, document: Mapping[str, Any]) -> None:
    text = baseline.text(f"events/{documents.NAME}")
    before = json.loads(text) if text else {"channels": {}}
    if changes := sorted(documents.abrupt(before, document)):
        raise RefusedChange("\n".join(changes))


def raised(context: Context[Any], root: Path, event_type: str, old: str, new: str) -> Iterator[str]:
    """Write an event type's new version into the declaration and the workflow; yields a line for each changed file.

    A declaration in another form is left unchanged.
    """
    path = root / declaration_file(context)
    yield from _replaced(path, _declared(path.read_text(encoding="utf-8"), event_type, old, new), root, event_type, new)
    path = root / WORKFLOW
    if not path.exists():
        return
    before, after = (f'"{context.schema_of(event_type, version)}"' for version in (old, new))
    yield from _replaced(path, path.read_text(encoding="utf-8").replace(before, after), root, event_type, new)


def _declared(text: str, event_type: str, old: str, new: str) -> str:
    """Return the declaration with a type's new version. Types that it does not name have version 1.0."""
    entry, line = f'"{event_type}": "{old}"', f'        "{event_type}": "{new}",\n'
    if entry in text:
        return text.replace(entry, f'"{event_type}": "{new}"')
    if _VERSIONS.search(text):
        return _VERSIONS.sub(rf"\g<0>{line}", text, count=1)
    if "    versions=" in text:
        return text
    return _BEFORE_VERSIONS.sub(rf"\g<0>    versions={{\n{line}    }},\n", text, count=1)


def _replaced(path: Path, text: str, root: Path, event_type: str, new: str) -> Iterator[str]:
    if update_file(path, text):
        # Python compares the source's size and second: after two quick edits, outdated bytecode would count as current.
        Path(cache_from_source(str(path))).unlink(missing_ok=True)
        yield f"{path.relative_to(root)} has {event_type} {new}"

"""Promises about contracts: event schemas and fields, generated documents, and earlier versions."""

import json
from collections.abc import Iterator

from pydantic import ValidationError

from bounded_context.domain.aggregate import enumerated
from bounded_context.domain.events import TIMES
from bounded_context.domain.fields import may_be_none

from ..command import output
from ..contracts import documents
from ..contracts import published as schemas
from ..contracts.baseline import Baseline
from ..contracts.compatibility import RefusedChange, next_version
from ..contracts.deprecation import overdue, removed_early
from ..contracts.published import NoSample, Version, release
from ..contracts.released import FOLDER, Released
from ..contracts.samples import version_of
from ..optional import outdated
from ..policies import PRODUCTION
from ..views.picture import flowchart, picture
from ._promise import Check, Repository
from .workflow import machines


def events_keep_their_contract(where: Repository) -> Iterator[str]:
    """Subscribers can read the events: each model is a stored version of its schema."""
    baseline = Baseline.of(where.project.root)
    refusals: dict[str, list[str]] = {}
    for event_type, text in where.context.event_versions:
        try:
            version = next_version(where.context, event_type, text, baseline)
        except RefusedChange as refused:
            change = str(refused).removeprefix(f"{event_type} ")
            refusals.setdefault(change, []).extend([event_type] if change != str(refused) else ())
            continue
        if str(version) != text or not _is_written(where, event_type, version):
            yield f"events/{event_type}/{version}.json is not written: run `uv run context contracts`."
    for sentence, types in refusals.items():
        yield " ".join(filter(None, (enumerated(types), sentence)))


def _is_written(where: Repository, event_type: str, version: Version) -> bool:
    path = where.project.events / event_type / f"{version}.json"
    expected = schemas.of_data(where.context, event_type, str(version))
    return path.is_file() and schemas.strict(json.loads(path.read_text(encoding="utf-8"))) == expected


def events_are_described(where: Repository) -> Iterator[str]:
    """Subscribers find every event: the AsyncAPI document matches the code."""
    published = [(event_type, Version.parse(version)) for event_type, version in where.context.event_versions]
    expected = schemas.as_text(documents.document(where.context, published, release(where.project.root)))
    path = where.project.events / documents.NAME
    if not path.is_file() or path.read_text(encoding="utf-8") != expected:
        yield f"events/{documents.NAME} does not match the code: run `uv run context contracts`."


def events_before_are_made(where: Repository) -> Iterator[str]:
    """Subscribers of the previous major version receive its events: each is made of the current event."""
    previous = where.context.previous_version
    if previous is None:
        return
    for event_type, version in previous.versions.items():
        [sample] = version_of(where.context)["sent"][event_type]
        try:
            previous.data.model_validate(previous.convert(sample["data"]))
            continue
        except ValidationError as error:
            faults = error.errors(include_url=False)
            wrong = ", ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults)
        except Exception as error:  # a function of the team may raise any
            wrong = f"{type(error).__name__}: {error}"
        place, remedy = where.place(previous.convert), "correct `convert` of PreviousVersion"
        yield f"{place}: {event_type} {version} cannot be made of the current event ({wrong}): {remedy}."


def callers_find_what_they_rely_on(where: Repository) -> Iterator[str]:
    """Callers find the routes and answers of the committed OpenAPI document."""
    from ..contracts.openapi import missed

    yield from Baseline.of(where.project.root).with_remedy(missed(where.context, where.project.root))


def routes_are_described(where: Repository) -> Iterator[str]:
    """Callers find every route: the OpenAPI document matches the code."""
    if not where.context.api:
        return
    from ..contracts.openapi import FOLDER, NAME, expected

    path = where.project.root / FOLDER / NAME
    if not path.is_file() or path.read_text(encoding="utf-8") != expected(where.context, where.project.root):
        yield f"docs/api/{NAME} does not match the code: run `uv run context openapi`."


def lists_are_described(where: Repository) -> Iterator[str]:
    """Partners find the format of lists and of reports: its page matches the model and the stack prod."""
    if not where.context.has_lists:
        return
    path = where.project.root / documents.LIST_FORMAT
    if not path.is_file() or path.read_text(encoding="utf-8") != documents.list_format_page(where.project):
        yield f"{documents.LIST_FORMAT} does not match the code: run `uv run context contracts`."


def statuses_are_drawn(where: Repository) -> Iterator[str]:
    """The README shows the statuses of an aggregate: its diagram matches the code."""
    path, lines = where.project.root / output.README, documents.diagram(where.context)
    if not path.is_file() or path.read_text(encoding="utf-8") != output.with_diagram(where.project.root, lines):
        yield f"The diagram of statuses in {output.README} does not match the code: run `uv run context contracts`."


def the_context_is_drawn(where: Repository) -> Iterator[str]:
    """The README shows the whole context: its picture matches the resources that the program registers."""
    if len([*machines(where)]) < len(where.graph.of("sfn/stateMachine")):
        return  # another promise reports the states
    path, lines = where.project.root / output.README, flowchart(picture(where.context, where.graph, PRODUCTION))
    if not path.is_file() or path.read_text(encoding="utf-8") != output.with_diagram(where.project.root, lines):
        yield f"The picture in {output.README} does not match the program's resources: run `uv run context contracts`."


def agents_are_instructed(where: Repository) -> Iterator[str]:
    """Coding agents find the commands and the files of each change: the instructions match the declaration."""
    path = where.project.root / documents.AGENTS
    if not path.is_file() or path.read_text(encoding="utf-8") != documents.agents_page(where.project):
        yield f"{documents.AGENTS} does not match the declaration: run `uv run context contracts`."


def written_files_are_current(where: Repository) -> Iterator[str]:
    """GitHub's workflows are those of the library: a file that `context add` writes has its text."""
    for path in outdated(where.project):
        yield f"{path} differs from the library's: run `uv run context add github`, or remove its first line."


def the_catalogue_is_current(where: Repository) -> Iterator[str]:
    """The catalogue shows the context, its APIs and its owner: its file matches the code."""
    try:
        if not documents.is_current(where.context, where.project.root):
            yield f"{documents.CATALOG} does not match the code: run `uv run context contracts`."
    except RefusedChange as refused:
        yield str(refused)


def deprecated_contracts_stay_until_their_day(where: Repository) -> Iterator[str]:
    """Callers and subscribers find deprecated routes and events until the announced day, and not after it."""
    yield from removed_early(where.context, Baseline.of(where.project.root))
    yield from overdue(where.context)


_STANDING = ("status", "version", "list_id")
"""Fields of every event, besides the details (`bounded_context.domain.events.payload`)."""


def events_contain_every_field(where: Repository) -> Iterator[str]:
    """Events have every field of the aggregate: their schema has exactly the fields that subscribers receive."""
    data, stored = where.context.data, where.context.stored_fields
    owners = {
        name: model.__name__ for model in (where.context.details, where.context.state) for name in model.model_fields
    }
    owners |= {old: owners[name] for old, name in where.context.earlier_names.items()}
    if where.context.times:
        owners |= dict.fromkeys(TIMES, "the context with times=True")
    details, file = where.context.details.__name__, f"src/{where.context.name}/events.py"
    for name in (name for name in owners if name not in data.model_fields):
        yield f"{data.__name__} has no {name!r}, which events carry: write it in {file} as in {owners[name]}."
    for name in (name for name in data.model_fields if name not in owners and name not in _STANDING):
        yield f"{data.__name__} has {name!r}, which no event carries: write it in {details} too, or remove it."
    for name, field in data.model_fields.items():
        if not may_be_none(field) and name in stored and may_be_none(stored[name]):
            yield f"{data.__name__}.{name} may be None, as in {owners[name]}: write `| None = None` in {file}."


def stored_data_is_readable(where: Repository) -> Iterator[str]:
    """Stored and staged data stays readable: the code reads each sample of each earlier version."""
    released = Released(where.context, where.project.root)
    try:
        yield from released.baseline.with_remedy(released.data_breaks())
        if not released.is_written:
            file = f"{FOLDER}/{released.release}.json"
            yield f"{file} lacks data that the code stores or publishes now: run `uv run context contracts`."
    except NoSample as unknown:
        yield str(unknown)


def the_interface_is_compatible(where: Repository) -> Iterator[str]:
    """Callers and subscribers find the commands and events of earlier versions."""
    released = Released(where.context, where.project.root)
    yield from released.baseline.with_remedy(released.interface_breaks())


CHECKS: tuple[Check, ...] = (
    events_keep_their_contract,
    events_are_described,
    events_before_are_made,
    callers_find_what_they_rely_on,
    routes_are_described,
    lists_are_described,
    statuses_are_drawn,
    the_context_is_drawn,
    agents_are_instructed,
    written_files_are_current,
    the_catalogue_is_current,
    events_contain_every_field,
    stored_data_is_readable,
    the_interface_is_compatible,
    deprecated_contracts_stay_until_their_day,
)

"""Promises about generated documents: event schemas, AsyncAPI, OpenAPI, diagrams, and the catalogue's file."""

from collections.abc import Iterator

from pydantic import ValidationError

from ...tools.contracts import asyncapi, schemas, statuses
from ...tools.contracts.catalog import files as catalog
from ...tools.contracts.change import Refused, next_version, said_in
from ...tools.contracts.published import Version, versions
from ...tools.contracts.release import release
from ...tools.contracts.released.samples import version_of
from ...tools.policies import PRODUCTION
from ...tools.views.picture import picture, readme
from ._promise import Check, Repository


def events_keep_their_contract(where: Repository) -> Iterator[str]:
    """Subscribers can read the events: each model is a stored version of its schema."""
    for event_type, text in where.context.told:
        try:
            version = next_version(where.context, event_type, text, where.project.events)
        except Refused as refused:
            yield str(refused)
            continue
        if version not in versions(event_type, where.project.events) or str(version) != text:
            yield f"events/{event_type}/{version}.json is not written: run `uv run context contracts`."


def events_are_described(where: Repository) -> Iterator[str]:
    """Subscribers find every event: the AsyncAPI document matches the code."""
    published = [(event_type, Version.parse(version)) for event_type, version in where.context.told]
    expected = schemas.as_text(asyncapi.document(where.context, published, release(where.project.root)))
    path = where.project.events / asyncapi.NAME
    if not path.is_file() or path.read_text(encoding="utf-8") != expected:
        yield f"events/{asyncapi.NAME} does not match the code: run `uv run context contracts`."


def events_before_are_made(where: Repository) -> Iterator[str]:
    """Subscribers of the previous major version receive its events: each is made of the current event."""
    beside = where.context.beside
    if beside is None:
        return
    for event_type, version in beside.versions.items():
        [sample] = version_of(where.context)["sent"][event_type]
        try:
            beside.data.model_validate(beside.made(sample["data"]))
        except ValidationError as error:
            found = error.errors(include_url=False)
            wrong = ", ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in found)
            file = said_in(where.context)
            yield f"{event_type} {version} cannot be made of the current event ({wrong}): correct `made` in {file}."


def callers_find_what_they_rely_on(where: Repository) -> Iterator[str]:
    """Callers find the routes and answers of the committed OpenAPI document."""
    from ...tools.contracts.openapi.change import missed

    yield from missed(where.context, where.project.root)


def routes_are_described(where: Repository) -> Iterator[str]:
    """Callers find every route: the OpenAPI document and its page match the code."""
    if not where.context.api:
        return
    from ...tools.contracts.openapi.files import files

    for path, text in files(where.context, where.project.root).items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            yield f"docs/api/{path.name} does not match the code: run `uv run context openapi`."


def statuses_are_drawn(where: Repository) -> Iterator[str]:
    """The README shows the statuses of an aggregate: its diagram matches the code."""
    path = where.project.root / statuses.NAME
    if not path.is_file() or path.read_text(encoding="utf-8") != statuses.drawn(where.context, where.project.root):
        yield f"The diagram of statuses in {statuses.NAME} does not match the code: run `uv run context contracts`."


def the_context_is_drawn(where: Repository) -> Iterator[str]:
    """The README shows the whole context: its picture matches the resources that the program registers."""
    path, drawn = where.project.root / readme.NAME, picture(where.context, where.graph, PRODUCTION)
    if not path.is_file() or path.read_text(encoding="utf-8") != readme.drawn(drawn, where.project.root):
        yield f"The picture in {readme.NAME} does not match the program's resources: run `uv run context contracts`."


def the_catalogue_is_told(where: Repository) -> Iterator[str]:
    """The catalogue shows the context, its APIs and its owner: its file matches the code."""
    try:
        if not catalog.is_said(where.context, where.project.root):
            yield f"{catalog.NAME} does not match the code: run `uv run context contracts`."
    except Refused as refused:
        yield str(refused)


CHECKS: tuple[Check, ...] = (
    events_keep_their_contract,
    events_are_described,
    events_before_are_made,
    callers_find_what_they_rely_on,
    routes_are_described,
    statuses_are_drawn,
    the_context_is_drawn,
    the_catalogue_is_told,
)

"""What others read is what the code says: schemas of events, AsyncAPI, OpenAPI, the diagram, the catalogue's file."""

from collections.abc import Iterator

from pydantic import ValidationError

from ...contracts import asyncapi, schemas, statuses
from ...contracts.catalog import files as catalog
from ...contracts.change import Refused, next_version, said_in
from ...contracts.published import Version, versions
from ...contracts.release import release
from ...contracts.released.samples import version_of
from ...picture import picture, readme
from ...policies import PRODUCTION
from ._promise import Check, Repository


def events_keep_their_contract(where: Repository) -> Iterator[str]:
    """Subscribers can read what events say: each model is a version of its schema that is written down."""
    for event_type, said in where.context.told:
        try:
            version = next_version(where.context, event_type, said, where.project.events)
        except Refused as refused:
            yield str(refused)
            continue
        if version not in versions(event_type, where.project.events) or str(version) != said:
            yield f"events/{event_type}/{version}.json is not written: run `uv run just contracts`."


def events_are_described(where: Repository) -> Iterator[str]:
    """Subscribers find every event: the AsyncAPI document is what the code says."""
    said = [(event_type, Version.parse(text)) for event_type, text in where.context.told]
    text = schemas.as_text(asyncapi.document(where.context, said, release(where.project.root)))
    path = where.project.events / asyncapi.NAME
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        yield f"events/{asyncapi.NAME} is not what the code says: run `uv run just contracts`."


def events_before_are_made(where: Repository) -> Iterator[str]:
    """Subscribers of the major version before get what it says: it can be made of each event of today."""
    beside = where.context.beside
    if beside is None:
        return
    for event_type, version in beside.versions.items():
        [today] = version_of(where.context)["sent"][event_type]
        try:
            beside.data.model_validate(beside.made(today["data"]))
        except ValidationError as error:
            found = error.errors(include_url=False)
            wrong = ", ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in found)
            file = said_in(where.context)
            yield f"{event_type} {version} cannot be made of what is said now ({wrong}): correct `made` in {file}."


def callers_find_what_they_rely_on(where: Repository) -> Iterator[str]:
    """Callers find what they rely on: the routes and answers of the committed OpenAPI document."""
    from ...contracts.openapi.change import missed

    yield from missed(where.context, where.project.root)


def routes_are_described(where: Repository) -> Iterator[str]:
    """Callers find every route: the OpenAPI document and its page are what the code says."""
    if not where.context.api:
        return
    from ...contracts.openapi.files import files

    for path, text in files(where.context, where.project.root).items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            yield f"docs/api/{path.name} is not what the code says: run `uv run just openapi`."


def statuses_are_drawn(where: Repository) -> Iterator[str]:
    """People see which statuses an aggregate may have: the diagram in the README is what the code says."""
    path = where.project.root / statuses.NAME
    if not path.is_file() or path.read_text(encoding="utf-8") != statuses.drawn(where.context, where.project.root):
        yield f"The diagram of statuses in {statuses.NAME} is not what the code says: run `uv run just contracts`."


def the_context_is_drawn(where: Repository) -> Iterator[str]:
    """People see what triggers what: the picture in the README is what the program registers."""
    path, drawn = where.project.root / readme.NAME, picture(where.context, where.graph, PRODUCTION)
    if not path.is_file() or path.read_text(encoding="utf-8") != readme.drawn(drawn, where.project.root):
        yield f"The picture in {readme.NAME} is not what the program registers: run `uv run just contracts`."


def the_catalogue_is_told(where: Repository) -> Iterator[str]:
    """People find the context, its APIs and its owner: the catalogue's file has what the code says."""
    try:
        if not catalog.is_said(where.context, where.project.root):
            yield f"{catalog.NAME} is not what the code says: run `uv run just contracts`."
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

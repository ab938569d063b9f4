"""The version of an event's current model: the newest committed version, the next minor version, or a refusal."""

from pathlib import Path
from typing import Any

from bounded_context.declaration.context import Context

from . import schemas
from .asyncapi import CHANGEOVER
from .compatibility import breaks
from .published import Version, deleted, read, versions


class Refused(Exception):
    """The error for a model that breaks its event's schema, or a version that cannot follow the committed versions.

    The message is a sentence with the remedy and its place.
    """


def declaration_file(context: Context[Any]) -> str:
    """Return the file of a repository that declares the versions of the events."""
    return f"src/{context.name}/context.py"


def next_version(context: Context[Any], event_type: str, declared: str, folder: Path) -> Version:
    """Return the version of the current model's schema: ``declared``, or the next minor version if the schema changed.

    Raises:
        Refused: the model breaks subscribers of the newest schema in ``folder``, or ``declared`` skips versions.
            Or a schema was deleted.
    """
    if lost := deleted(event_type, folder):
        raise Refused(f"{', '.join(lost)}: deleted, and subscribers read this version: restore it from git.")
    version = _parsed(context, event_type, declared)
    committed = versions(event_type, folder)
    if context.previous_version and version.major < Version.parse(context.versions[event_type]).major:
        committed = [other for other in committed if other.major == version.major]
    if version in committed and version == committed[-1]:
        return _compared(context, event_type, version, folder)
    if version not in _first_of_a_major(committed):
        raise Refused(_out_of_order(context, event_type, version, committed))
    previous = context.previous_version
    if committed and event_type in context.changes and not (previous and event_type in previous.versions):
        raise Refused(
            f"{event_type} {version} would be published alone, and its subscribers read {committed[-1]}: publish both "
            f"versions until all subscribers have changed over ({CHANGEOVER})."
        )
    if committed and previous and previous.ready:
        raise Refused(
            f"{event_type} {version} is new, and {', '.join(previous.ready)} would get it at once: leave `ready` of "
            f"PreviousVersion empty, release that to every stack, and name subscribers 15 minutes later ({CHANGEOVER})."
        )
    return version


def _parsed(context: Context[Any], event_type: str, declared: str) -> Version:
    try:
        return Version.parse(declared)
    except ValueError as error:
        raise Refused(f"{event_type} in {declaration_file(context)}: {error}.") from None


def _first_of_a_major(committed: list[Version]) -> set[Version]:
    return {Version(committed[-1].major + 1, 0)} if committed else {Version(1, 0)}


def _compared(context: Context[Any], event_type: str, version: Version, folder: Path) -> Version:
    # Schemas before 0.4.0 accept a line end after a value in some validators: no event has one.
    old = schemas.strict(read(event_type, version, folder))
    new = schemas.of_data(context, event_type, str(version))
    if old == new:
        return version
    if broken := list(breaks(old, new)):
        raise Refused(
            f"{event_type} {version} cannot be read as before: {', '.join(broken)}: undo the change, or write "
            f'"{version.major + 1}.0" for it in {declaration_file(context)}, and publish both versions.'
        )
    return version.raised()


def _out_of_order(context: Context[Any], event_type: str, version: Version, committed: list[Version]) -> str:
    newest = committed[-1] if committed else None
    expected = sorted(_first_of_a_major(committed) | ({newest} if newest else set()))
    return f"{event_type} is {version} in {declaration_file(context)}: write {' or '.join(map(str, expected))}."

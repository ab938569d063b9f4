"""Whether what the models say now is the newest committed schema, a minor version after it, or refused."""

from pathlib import Path
from typing import Any

from ..context import Context
from . import schemas
from .changeover import PAGE
from .compatibility import breaks
from .published import Version, read, versions


class Refused(Exception):
    """The models say what no new version of an event's schema may say, or name a version that cannot come next.

    The message says in one sentence what to write, and where.
    """


def said_in(context: Context[Any]) -> str:
    """Return the file of a repository that says the versions of its context's events."""
    return f"src/{context.name}/events.py"


def next_version(context: Context[Any], event_type: str, said: str, folder: Path) -> Version:
    """Return the version that the schema of the model as it is now has: ``said``, or the minor version after it.

    Raises:
        Refused: subscribers who read by the newest schema in ``folder`` would break, or ``said`` leaves versions out.
    """
    version = _parsed(context, event_type, said)
    committed = versions(event_type, folder)
    if context.beside and version.major < Version.parse(context.versions[event_type]).major:
        committed = [one for one in committed if one.major == version.major]
    if version in committed and version == committed[-1]:
        return _compared(context, event_type, version, folder)
    if version not in _first_of_a_major(committed):
        raise Refused(_out_of_order(context, event_type, version, committed))
    if committed and event_type in context.changes and not (context.beside and event_type in context.beside.versions):
        raise Refused(
            f"{event_type} {version} would be published alone, and its subscribers read {committed[-1]}: publish that "
            f"beside it as long as they do ({PAGE})."
        )
    if committed and context.beside and context.beside.ready:
        raise Refused(
            f"{event_type} {version} is new, and {', '.join(context.beside.ready)} would get it at once: leave `ready` "
            f"of Beside empty, release that to every stack, and name subscribers 15 minutes later ({PAGE})."
        )
    return version


def _parsed(context: Context[Any], event_type: str, said: str) -> Version:
    try:
        return Version.parse(said)
    except ValueError as error:
        raise Refused(f"{event_type} in {said_in(context)}: {error}.") from None


def _first_of_a_major(committed: list[Version]) -> set[Version]:
    return {Version(committed[-1].major + 1, 0)} if committed else {Version(1, 0)}


def _compared(context: Context[Any], event_type: str, version: Version, folder: Path) -> Version:
    old, new = read(event_type, version, folder), schemas.of_data(context, event_type, str(version))
    if old == new:
        return version
    if broken := list(breaks(old, new)):
        raise Refused(
            f"{event_type} {version} cannot be read as before: {', '.join(broken)}: take that back, or write "
            f'"{version.major + 1}.0" for it in {said_in(context)}, and publish this one beside it.'
        )
    return version.raised()


def _out_of_order(context: Context[Any], event_type: str, version: Version, committed: list[Version]) -> str:
    newest = committed[-1] if committed else None
    expected = sorted(_first_of_a_major(committed) | ({newest} if newest else set()))
    return f"{event_type} is {version} in {said_in(context)}: write {' or '.join(map(str, expected))}."

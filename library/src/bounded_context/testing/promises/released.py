"""Promises about earlier versions: stored data stays readable, and published interfaces stay available."""

from collections.abc import Iterator

from ...tools.contracts.released.breaches import Released
from ...tools.contracts.released.files import FOLDER
from ...tools.contracts.values import NoSample
from ._promise import Check, Repository


def what_was_kept_is_read(where: Repository) -> Iterator[str]:
    """Stored and staged data stays readable: the code reads each sample of each earlier version."""
    released = Released(where.context, where.project.root)
    try:
        yield from released.kept()
        if not released.is_written:
            file = f"{FOLDER}/{released.release}.json"
            yield f"{file} lacks data that the code stores or publishes now: run `uv run context contracts`."
    except NoSample as unknown:
        yield str(unknown)


def what_was_said_is_kept(where: Repository) -> Iterator[str]:
    """Callers and subscribers find the commands and events of earlier versions."""
    yield from Released(where.context, where.project.root).said()


CHECKS: tuple[Check, ...] = (what_was_kept_is_read, what_was_said_is_kept)

"""What earlier versions kept is read, and what they promised is kept."""

from collections.abc import Iterator

from ...contracts.released.breaches import Released
from ...contracts.released.files import FOLDER
from ...contracts.values import NoSample
from ._promise import Check, Repository


def what_was_kept_is_read(where: Repository) -> Iterator[str]:
    """Nothing that was stored or staged is lost: each sample of each version is read by the code."""
    released = Released(where.context, where.project.root)
    try:
        yield from released.kept()
        if not released.is_written:
            file = f"{FOLDER}/{released.release}.json"
            yield f"{file} lacks what the code stores or says now: run `uv run just contracts`."
    except NoSample as unknown:
        yield str(unknown)


def what_was_said_is_kept(where: Repository) -> Iterator[str]:
    """Callers and subscribers find what they rely on: commands and events of earlier versions are there."""
    yield from Released(where.context, where.project.root).said()


CHECKS: tuple[Check, ...] = (what_was_kept_is_read, what_was_said_is_kept)

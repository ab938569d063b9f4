"""The call to reproduce."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bounded_context.adapters.items import KEY, LIST
from bounded_context.domain.lists import PinnedFile

from .production import Item


@dataclass(frozen=True)
class Call:
    """A failed call: the function's name, and its masked event.

    `queue` is the name of the queue that the function reads, instead of `function`. `record` replaces the item of the
    list. `objects` are the keys of the inbox's objects that the step reads. The file of the list has a version.
    """

    event: dict[str, Any]
    function: str = ""
    queue: str = ""
    record: Item | None = None
    objects: Mapping[str, str | None] = field(default_factory=dict[str, str | None])


def of_file(record: Item, file: PinnedFile) -> Item:
    """Return a list's record for another version of its file, from which the list's id follows."""
    size, texts = {"size": {"N": str(file.size)}}, {"bucket": file.bucket, "version_id": file.version_id}
    own = {KEY: LIST + file.list_id, "list_id": file.list_id}
    return record | size | {name: {"S": text} for name, text in (texts | own).items()}

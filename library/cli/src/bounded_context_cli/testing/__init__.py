"""The test kit of the documents of a context: copies of other contexts' events, requests, graphs, pages."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from bounded_context.application.inbound import Envelope
from bounded_context.domain.spelling import kebab

from ..contracts import documents
from ..contracts.documents import type_of_label
from ..contracts.published import numbers

__all__ = ["ConsumedEvents"]


FOLDER: Final = "consumed"
_RELEASED: Final = "released"


class Unpublished(LookupError):
    """The error for an event that its context does not publish, or of which the copy has no sample."""


@dataclass(frozen=True)
class Publisher:
    """The copy of a context's folders `events/` and `released/`, in ``folder``."""

    folder: Path

    @cached_property
    def messages(self) -> dict[str, Any]:
        """The messages of the AsyncAPI document by label: the published events, such as `PaymentRegistered.2`."""
        path = self.folder / "events" / documents.NAME
        return json.loads(path.read_text(encoding="utf-8"))["components"]["messages"]

    def schema(self, label: str) -> dict[str, Any]:
        """Return the newest schema of an event's data. Raises Unpublished."""
        if label not in self.messages:
            raise Unpublished(f"{self.folder.name} does not publish {label}.")
        own = self.messages[label]["payload"]["allOf"][1]["properties"]["data"]["$ref"]
        return json.loads((self.folder / "events" / own).read_text(encoding="utf-8"))

    def samples(self, label: str) -> list[dict[str, Any]]:
        """Return the newest samples of an event, as subscribers receive it. Raises Unpublished."""
        self.schema(label)
        files = sorted((self.folder / _RELEASED).glob("*.json"), key=lambda path: numbers(path.stem), reverse=True)
        for file in files:
            if samples := list(_of(json.loads(file.read_text(encoding="utf-8")), label)):
                return samples
        raise Unpublished(f"{self.folder.name} has no sample of {label} in {_RELEASED}/: copy its folders again.")


def _of(version: dict[str, Any], label: str) -> Iterator[dict[str, Any]]:
    sent = version["sent"].get(type_of_label(label), ())
    return (sample for sample in sent if Envelope.model_validate(sample).label == label)


@dataclass(frozen=True)
class ConsumedEvents:
    """The copies of other contexts' events in a repository, for tests of the code that reads these events."""

    root: Path

    def publisher(self, context: str) -> Publisher | None:
        """Return the copy of a context's events; None without a copy."""
        folder = self.root / FOLDER / kebab(context)
        return Publisher(folder) if folder.is_dir() else None

    def samples(self, context: str, label: str) -> list[dict[str, Any]]:
        """Return the newest samples of a context's event. Raises Unpublished without a copy, event or sample."""
        return self._publisher(context).samples(label)

    def schema(self, context: str, label: str) -> dict[str, Any]:
        """Return the newest schema of the data of a context's event. Raises Unpublished without a copy or event."""
        return self._publisher(context).schema(label)

    def _publisher(self, context: str) -> Publisher:
        publisher = self.publisher(context)
        if publisher is None:
            place = f"{FOLDER}/{kebab(context)}/"
            raise Unpublished(f"{place} is missing: copy the folders events/ and released/ of {context} into it.")
        return publisher

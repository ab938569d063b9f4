"""The person's data in documents: rows, items, events, answers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from boto3.dynamodb.types import TypeSerializer

from bounded_context.domain.fields import ERASED

from .documents import mapped, mapped_text, opened

_VALUE: Final = re.compile(r"[0-9.,:/+-]*|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+(Z|[0-9:+-]+)?")
"""A number or a time: its digits are no identity."""

_ESCAPE: Final = "\\u00"
"""The beginning of a letter, digit or dash as an escape of JSON."""

_QUOTED: Final = re.compile(r"(unknown|repeated): '|header: \{\"(?!column )")
"""A list's reason with cells of its first line, as versions before 0.4.0 wrote it."""


@dataclass(frozen=True)
class Person:
    """The aggregate whose personal data is erased.

    `field` is the name of the identity. `erased` has the JSON value of each personal field after the erasure.
    """

    field: str
    id: str
    erased: Mapping[str, Any]

    def masked(self, document: Any) -> Any:
        """Return a JSON document in which each object with the identity has no personal data.

        Also masks JSON that is a text in the document, and attributes of DynamoDB (``{"S": "text"}``).
        """
        return mapped(document, self._masked_object)

    def masked_text(self, text: str) -> str:
        """Return the masked text of a JSON document; a text that is no JSON, or has no personal data, as it is."""
        return mapped_text(text, self._masked_object) if self.id in text or _ESCAPE in text else text

    def is_outside(self, document: Any) -> bool:
        """Return whether a document names the identity outside of the aggregate's own objects.

        An object around an own object, such as an event or a record of the stream, may name the identity. A document
        that is nested too deeply counts as one that names it.
        """
        try:
            return self._names(document)
        except RecursionError:
            return True

    def _names(self, document: Any) -> bool:
        match opened(document):
            case str() as text:
                return self.is_named_in(text)
            case list() as members:
                return any(map(self._names, members))
            case {"N": str(), **others} if not others:
                return False
            case dict() as found if self._is_own(found):
                return False
            case dict() as found if self._surrounds(found):
                return any(self._names(member) for member in found.values() if isinstance(opened(member), list))
            case dict() as found:
                return any(map(self._names, (*found, *found.values())))
        return False

    def _is_own(self, found: Mapping[str, Any]) -> bool:
        return found.get(self.field) in (self.id, {"S": self.id})

    def _surrounds(self, found: Mapping[str, Any]) -> bool:
        inner = (member for member in map(opened, found.values()) if isinstance(member, dict))
        return any(self._is_own(member) or self._surrounds(member) for member in inner)

    def is_named_in(self, text: str) -> bool:
        """Return whether a text is the identity, or contains it as a whole word and is neither a number nor a time."""
        return text == self.id or (self.id in text and not _VALUE.fullmatch(text) and bool(self.word.search(text)))

    @cached_property
    def word(self) -> re.Pattern[str]:
        """The identity as a whole word, also after an escape of JSON such as a line break."""
        return re.compile(rf"(?:(?<![A-Za-z0-9._-])|(?<=\\[bfnrt])){re.escape(self.id)}(?![A-Za-z0-9_-])")

    def _masked_object(self, found: dict[str, Any]) -> dict[str, Any]:
        own = found.get(self.field)
        if own == self.id:
            return found | {name: value for name, value in self.erased.items() if name in found}
        if own == {"S": self.id}:
            return self._masked_item(found)
        return self._masked_list(found) if own is None and "list_id" in found else found

    def _masked_list(self, found: dict[str, Any]) -> dict[str, Any]:
        """Return a list's record or event without its reason if the reason names the identity, or quotes any row."""
        match found.get("reason"):
            case str() as reason if self._quotes(reason):
                return found | {"reason": ERASED}
            case {"S": str() as reason} if self._quotes(reason):
                return found | {"reason": {"S": ERASED}}
        return found

    def _quotes(self, reason: str) -> bool:
        return self.is_named_in(reason) or bool(_QUOTED.search(reason))

    def _masked_item(self, item: dict[str, Any]) -> dict[str, Any]:
        """Return an item without personal data. An item has no attribute for None."""
        kept = {name: value for name, value in item.items() if name not in self.erased}
        values = {name: value for name, value in self.erased.items() if name in item and value is not None}
        return kept | {name: TypeSerializer().serialize(value) for name, value in values.items()}

"""The person's data in documents: rows, items, events, answers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from ....domain.fields import ERASED
from .documents import mapped, mapped_text


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
        return mapped_text(text, self._masked_object) if self.id in text else text

    def is_named_in(self, text: str) -> bool:
        """Return whether a text contains the identity as a whole word."""
        return bool(self._word.search(text))

    @cached_property
    def _word(self) -> re.Pattern[str]:
        return re.compile(rf"(?<![A-Za-z0-9._-]){re.escape(self.id)}(?![A-Za-z0-9_-])")

    def _masked_object(self, found: dict[str, Any]) -> dict[str, Any]:
        own = found.get(self.field)
        if own == self.id:
            return found | {name: value for name, value in self.erased.items() if name in found}
        if own == {"S": self.id}:
            return self._masked_item(found)
        return self._masked_list(found) if own is None and "list_id" in found else found

    def _masked_list(self, found: dict[str, Any]) -> dict[str, Any]:
        """Return a list's record or event without its reason if the reason quotes the row: a file without a header."""
        match found.get("reason"):
            case str() as reason if self.is_named_in(reason):
                return found | {"reason": ERASED}
            case {"S": str() as reason} if self.is_named_in(reason):
                return found | {"reason": {"S": ERASED}}
        return found

    def _masked_item(self, item: dict[str, Any]) -> dict[str, Any]:
        """Return an item without personal data. An item has no attribute for None."""
        kept = {name: value for name, value in item.items() if name not in self.erased}
        values = {name: value for name, value in self.erased.items() if name in item and value is not None}
        return kept | {name: TypeSerializer().serialize(value) for name, value in values.items()}

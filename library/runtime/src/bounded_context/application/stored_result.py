"""Results of pieces of a list as JSON, which another version of the library may read."""

from functools import cache
from typing import Any, Self

from pydantic import TypeAdapter


class StoredResult:
    """The base of a dataclass that is stored until the decision about its list. Unknown members are ignored."""

    def as_json(self) -> bytes:
        """Return the result as JSON; decimals are texts, since they are exact."""
        return _adapter(type(self)).dump_json(self)

    @classmethod
    def of(cls, data: bytes) -> Self:
        """Return the result in this JSON."""
        return _adapter(cls).validate_json(data)


@cache
def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(kind)

"""The aggregate: what a context keeps, and how it may change."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Any, ClassVar, Final, Generic, Self, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field

_EXPECTED: Final = "expected_version"
_set: Final = object.__setattr__
"""Sets an attribute of a frozen model."""

TAG: Final = r"[1-9][0-9]{0,14}"
"""The form of `Aggregate.tag`, which is that of versions: library versions before 0.3.0 take no others."""
_LEAST: Final = 10**14
"""The least tag of an incarnation. No version reaches it: at 1,000 changes a second it takes 3,000 years."""


class _Identified(BaseModel):
    """A model of which the first field is the aggregate's identity."""

    identity: ClassVar[str] = ""
    """The name of the field that holds the identity."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        cls.identity = next((name for name in cls.model_fields if name != _EXPECTED), "")

    @property
    def id(self) -> str:
        """The aggregate's identity."""
        return getattr(self, self.identity)


class Details(_Identified):
    """What a caller says of an aggregate: one row of a list, or the payload of the command that creates.

    The first field is the identity. Callers may leave out a field with a default, and what was stored before there was
    such a field has the default.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    @classmethod
    def model_validate_stored(cls, values: Mapping[str, Any]) -> Self:
        """Return what any version has stored or staged, by the names of fields: None is what is not there.

        Names that this version does not know are passed over. Callers are held to the fields: `model_validate`.

        Raises:
            pydantic.ValidationError: a field without a default is missing, or a value is not of its type.
        """
        return cls.model_validate({name: values[name] for name in cls.model_fields if values.get(name) is not None})

    @classmethod
    def of(cls, command: Self) -> Self:
        """Return the details of a command that creates: ``PaymentDetails.of(command)``.

        The values are taken over as they are. Nothing is validated a second time.
        """
        given, names = command.__dict__, cls.__pydantic_fields__.keys()
        said = command.__pydantic_fields_set__
        if given.keys() == names:
            values = given.copy()
        else:
            values, said = {name: given[name] for name in names}, said & names
        # As in pydantic's own `__copy__`: a model's attributes are these four.
        details = cls.__new__(cls)
        _set(details, "__dict__", values)
        _set(details, "__pydantic_fields_set__", said)
        _set(details, "__pydantic_extra__", None)
        _set(details, "__pydantic_private__", command.__pydantic_private__)
        return details


class Change(_Identified):
    """A command on what exists; its own first field is the identity.

    ``expected_version`` refuses the command for any other version; None accepts each version. A number accepts this
    version of any incarnation. A text is a `tag`, which accepts this version of this incarnation.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    expected_version: Annotated[int, Field(ge=1)] | Annotated[str, Field(pattern=f"^{TAG}$")] | None = None


D = TypeVar("D", bound=Details)
S = TypeVar("S", bound=StrEnum)


@dataclass(frozen=True)
class Aggregate(Generic[D, S]):
    """An aggregate as it stands: ``class Payment(Aggregate[PaymentDetails, Status])``.

    ``version`` counts its changes from 1; ``list_id`` names the list that brought it, if one did. ``stood`` is where it
    stood before its last change, which `dataclasses.replace` keeps; of what was just read or created, where it stands.
    ``etag`` names the stored state that was read or written: empty if the state has no name, None before either. It is
    the incarnation's name, and from the second write on a dot and a name of the write.
    """

    details_type: ClassVar[type[Details]] = Details
    statuses: ClassVar[type[StrEnum]] = StrEnum

    details: D
    status: S
    version: int = 1
    list_id: str | None = None
    stood: S | None = field(default=None, kw_only=True, compare=False, repr=False)
    etag: str | None = field(default=None, kw_only=True, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.stood is None:
            object.__setattr__(self, "stood", self.status)

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        for base in getattr(cls, "__orig_bases__", ()):
            if get_origin(base) is Aggregate:
                cls.details_type, cls.statuses = get_args(base)

    @classmethod
    def status_of(cls, name: str) -> S:
        """Return the status of that name.

        One that only a newer version has is not a member of the enumeration: it has the members' type, and this name.
        So it can be shown, and no command of this version starts from it.
        """
        try:
            return cls.statuses(name)  # pyright: ignore[reportReturnType]
        except ValueError:
            unknown = str.__new__(cls.statuses, name)
            unknown._name_ = unknown._value_ = name
            return unknown  # pyright: ignore[reportReturnType]

    @property
    def id(self) -> str:
        """The aggregate's identity."""
        return self.details.id

    @property
    def incarnation(self) -> str:
        """The name of the time from a registration to its removal: another for each registration of one identity.

        Rows of a list have the list's id. Items of library versions before 0.3.0 have none: it is empty.
        """
        if self.etag:
            name, dot, _ = self.etag.rpartition(".")
            return name if dot else self.etag
        return self.list_id or ""

    @property
    def tag(self) -> str:
        """The name of this version of this incarnation: 15 digits, or the version alone without an incarnation."""
        if not self.incarnation:
            return str(self.version)
        digest = sha256(f"{self.incarnation} {self.version}".encode()).digest()
        return str(_LEAST + int.from_bytes(digest[:8]) % (9 * _LEAST))

    def stored_as(self, etag: str) -> None:
        """Set the name of the state that was written."""
        _set(self, "etag", etag)

    def moved_to(self, status: S) -> Self:
        """Return the next version, in ``status``. Whether that may follow, whoever stores it is asked."""
        return replace(self, status=status, version=self.version + 1, stood=self.status)

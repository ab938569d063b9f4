"""What is heard of other contexts: which of their events say that a thing exists, and which that it is gone."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from .projection import Standing


class Consumed(BaseModel):
    """What is heard of one context: after an event of a type in ``known`` a thing exists for us, in ``gone`` not.

    ``thing`` says what kind of thing, in snake_case: what is known about each is kept under this name. Validated with
    the context as pydantic's, it is not one whose items are that context's own.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, defer_build=True)

    thing: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    known: frozenset[str]
    gone: frozenset[str]

    @field_validator("thing")
    @classmethod
    def _of_others(cls, thing: str, info: ValidationInfo) -> str:
        own = ("list", getattr(info.context, "name", None))
        if thing in own:
            raise ValueError("another context's events would overwrite items of this one")
        return thing

    def standing(self, event_type: str) -> Standing | None:
        """Return what an event of this type says of its subject; None if nothing."""
        if event_type in self.gone:
            return Standing.GONE
        return Standing.KNOWN if event_type in self.known else None

"""The events that a context consumes of another context, and their effect on the projection."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from .projection import Standing


class Consumed(BaseModel):
    """The consumed events of another context.

    After an event of a type in ``known``, the event's subject exists for this context. After an event of a type in
    ``gone``, it does not. ``thing`` is the kind of the subjects, in snake_case, and the name under which they are
    stored. If this context is passed as pydantic's validation context, ``thing`` must not be the name of its own items.
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
        """Return the standing that an event of this type gives its subject; None if the type is not consumed."""
        if event_type in self.gone:
            return Standing.GONE
        return Standing.KNOWN if event_type in self.known else None

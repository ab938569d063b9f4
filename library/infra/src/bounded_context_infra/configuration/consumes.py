"""The setting `consumes`: the other contexts whose events this context receives, and the effect of each event type."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from bounded_context.domain.spelling import kebab

from .partition import ARN
from .schema import ONCE, BadMember, Form, Members

_NAME: Final = Form(r"[a-z][a-z0-9_-]{0,30}[a-z0-9]", "a name in lower-case letters, such as order-line")
_ARN: Final = re.compile(ARN + r"sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}")
"""The ARN of a standard topic. A FIFO topic sends only to FIFO queues."""

_TOPIC: Final = Form(
    rf"{_ARN.pattern}|(/[A-Za-z0-9_.-]+)+",
    "the ARN of a topic, or the name of the parameter that contains it",
)
_TYPE: Final = Form(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", "an event type such as OrderPlaced")
_Types = tuple[Annotated[str, _TYPE], ...]
_RENAMED: Final = {"thing": "aggregate", "known": "created_by", "gone": "deleted_by"}
"""The members' names before 0.4.0."""

MOST_TYPES = 50
"""Maximum event types of all contexts. A function has 4 KB for its variables, and a variable contains the types."""


@dataclass(frozen=True)
class Consumed(Members):
    """The events that this context receives from another context."""

    topic: Annotated[str, _TOPIC]
    """The topic of the other context's events."""
    aggregate: Annotated[str, _NAME, Field(default="")]
    """The aggregate, by default the name of the other context."""
    created_by: Annotated[_Types, Field(min_length=1), ONCE]
    """The event types that add the aggregate to the projection."""
    deleted_by: Annotated[_Types, Field(default=()), ONCE]
    """The event types that delete the aggregate from the projection."""

    def __post_init__(self) -> None:
        if both := {*self.created_by} & {*self.deleted_by}:
            raise ValueError(f"has {min(both)!r} in created_by and in deleted_by: write it into one of them")

    @property
    def key(self) -> str:
        """The prefix of the keys of these items."""
        return f"{self.aggregate.upper()}#"

    @property
    def types(self) -> tuple[str, ...]:
        """All event types that this context receives."""
        return (*self.created_by, *self.deleted_by)

    @property
    def account_id(self) -> str | None:
        """The account of the topic, if its ARN is given."""
        return self.topic.split(":")[4] if _ARN.fullmatch(self.topic) else None


def _refuse_renamed(value: Any) -> Any:
    for old, new in _RENAMED.items():
        if isinstance(value, dict) and old in value:
            problem = (
                f"in infra/service/Pulumi.<stack>.yaml has the new name {new}: run `template update`, which renames it "
                "in the files of all stacks, or rename it yourself"
            )
            raise BadMember(old, problem)
    return value


def _checked(given: Mapping[str, Consumed], info: ValidationInfo[Any]) -> Mapping[str, Consumed]:
    """Return the contexts with their aggregates. Raises ValueError for names that would overwrite other items."""
    found = {
        name: replace(source, aggregate=(source.aggregate or name).replace("-", "_")) for name, source in given.items()
    }
    for name, source in found.items():
        if source.aggregate in (info.context.context.name, "list"):
            own = f"is {source.aggregate!r}, and items of this name are this context's own: write another name"
            raise BadMember(f"{name}.aggregate", own)
    # Names in AWS are in kebab-case, where a_b and a-b are equal.
    if len({kebab(name) for name in found}) != len(found):
        raise ValueError(f"names {', '.join(found)}: name each once")
    if len({source.topic for source in found.values()}) != len(found):
        raise ValueError("has one topic twice: each context has its own")
    if len({source.aggregate for source in found.values()}) != len(found):
        raise ValueError("has one aggregate twice: events of two contexts about one aggregate have no order")
    if sum(len(source.types) for source in found.values()) > MOST_TYPES:
        raise ValueError(f"names over {MOST_TYPES} types of events: leave out those that change nothing")
    return found


Consumes = Annotated[
    Mapping[Annotated[str, _NAME], Annotated[Consumed, BeforeValidator(_refuse_renamed)]], AfterValidator(_checked)
]
"""The type of the setting: the events of the other contexts, by their names."""

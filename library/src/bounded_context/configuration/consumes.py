"""The setting `consumes`: the other contexts whose events this context receives, and the effect of each event type."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..declaration.context import Context
from ..domain.spelling import kebab
from .config import SettingError, Source, structure
from .partition import ARN
from .schema import Schema, about, listing, mapping, members, text

_CONTEXT = re.compile(r"[a-z][a-z0-9_-]{0,30}[a-z0-9]")
_TOPIC = re.compile(ARN + r"sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}")
"""The ARN of a standard topic. A FIFO topic sends only to FIFO queues."""

_PARAMETER = re.compile(r"(/[A-Za-z0-9_.-]+)+")
_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_MEMBERS: Final = ("topic", "aggregate", "created_by", "deleted_by")
_RENAMED: Final = {"thing": "aggregate", "known": "created_by", "gone": "deleted_by"}
"""The members' names before 0.4.0."""

_FORM: Final = "{topic: ..., created_by: [...], deleted_by: [...]}"

MOST_TYPES = 50
"""Maximum event types of all contexts. A function has 4 KB for its variables, and a variable contains the types."""


@dataclass(frozen=True)
class Consumed:
    """The events that this context receives from another context.

    - `topic` is the topic's ARN, or the name of the parameter that contains the ARN.
    - `aggregate` is the name of the other context's aggregate in snake_case. The keys of its items in the table begin
      with this name.
    - `created_by` contains the types of the events that add the aggregate to the projection.
    - `deleted_by` contains the types of the events that delete the aggregate from the projection.
    """

    topic: str
    aggregate: str
    created_by: tuple[str, ...]
    deleted_by: tuple[str, ...]

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
        return self.topic.split(":")[4] if _TOPIC.fullmatch(self.topic) else None


def schema_of_consumes() -> Schema:
    """Return the schema of the setting."""
    topic: Schema = {"type": "string", "title": "the ARN of a topic, or the name of the parameter that contains it"}
    types = {**listing(text(_TYPE, "an event type such as OrderPlaced")), "uniqueItems": True}
    aggregate = text(_CONTEXT, "the other context's aggregate")
    created_by = {**types, "minItems": 1}
    known = {
        "topic": about("The topic of the other context's events.", topic),
        "aggregate": about("The aggregate, by default the name of the other context.", aggregate),
        "created_by": about("The event types that add the aggregate to the projection.", created_by),
        "deleted_by": about("The event types that delete the aggregate from the projection.", types),
    }
    return mapping(members(known, "topic", "created_by"))


def consumed(context: Context[Any], config: Source) -> Mapping[str, Consumed]:
    """Read the setting of a stack of `context`. Raises SettingError with one sentence for the first mistake."""
    given: dict[str, Any] = structure(config, "consumes", dict, {}, f"a map of contexts to {_FORM}")
    found = {name: _consumed(name, value) for name, value in given.items()}
    _check_reserved(context, found)
    # Names in AWS are in kebab-case, where a_b and a-b are equal.
    if len({kebab(name) for name in found}) != len(found):
        raise SettingError("consumes", f"names {', '.join(found)}: name each once.")
    if len({source.topic for source in found.values()}) != len(found):
        raise SettingError("consumes", "has one topic twice: each context has its own.")
    if len({source.aggregate for source in found.values()}) != len(found):
        raise SettingError(
            "consumes", "has one aggregate twice: events of two contexts about one aggregate have no order."
        )
    if sum(len(source.types) for source in found.values()) > MOST_TYPES:
        raise SettingError("consumes", f"names over {MOST_TYPES} types of events: leave out those that change nothing.")
    return found


def _consumed(name: str, value: Any) -> Consumed:
    if not _CONTEXT.fullmatch(name):
        raise SettingError(
            "consumes", f"has the context {name!r}: write its name in lower-case letters, such as order-line."
        )
    _check_members(name, value)
    created_by, deleted_by = (_types(name, member, value.get(member, [])) for member in _MEMBERS[2:])
    if not created_by:
        raise SettingError(f"consumes.{name}.created_by", "is empty: write the events that add the aggregate.")
    if both := set(created_by) & set(deleted_by):
        raise SettingError(
            f"consumes.{name}", f"has {min(both)!r} in created_by and in deleted_by: write it into one of them."
        )
    aggregate = _aggregate(name, value.get("aggregate", name))
    return Consumed(_topic(name, value["topic"]), aggregate, created_by, deleted_by)


def _check_members(name: str, value: Any) -> None:
    """Reject unknown and missing members. A renamed member has a message of its own."""
    if not isinstance(value, dict):
        raise SettingError(f"consumes.{name}", f"is {value!r}: write {_FORM}.")
    for old, new in _RENAMED.items():
        if old in value:
            raise SettingError(
                f"consumes.{name}.{old}",
                f"in infra/service/Pulumi.<stack>.yaml has the new name {new}: run `template update`, which renames it "
                "in the files of all stacks, or rename it yourself.",
            )
    if not {"topic", "created_by"} <= set(value) <= set(_MEMBERS):
        raise SettingError(f"consumes.{name}", f"is {value!r}: write {_FORM}.")


def _aggregate(name: str, value: Any) -> str:
    if not isinstance(value, str) or not _CONTEXT.fullmatch(value):
        raise SettingError(
            f"consumes.{name}.aggregate", f"is {value!r}: write a name in lower-case letters, such as customer."
        )
    return value.replace("-", "_")


def _check_reserved(context: Context[Any], found: Mapping[str, Consumed]) -> None:
    """Reject names that would overwrite the items of the context's own aggregates and lists."""
    for name, source in found.items():
        if source.aggregate in (context.name, "list"):
            raise SettingError(
                f"consumes.{name}.aggregate", f"is {source.aggregate!r}, and items of this name are this context's own."
            )


def _topic(name: str, value: Any) -> str:
    if not isinstance(value, str) or not (_TOPIC.fullmatch(value) or _PARAMETER.fullmatch(value)):
        raise SettingError(
            f"consumes.{name}.topic",
            f"is {value!r}: write a parameter's name such as /{kebab(name)}/dev/topic-arn, or the ARN of an SNS topic.",
        )
    return value


def _types(name: str, member: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise SettingError(f"consumes.{name}.{member}", f"is {value!r}: write a list of events' types.")
    for event_type in value:
        if not isinstance(event_type, str) or not _TYPE.fullmatch(event_type):
            raise SettingError(
                f"consumes.{name}.{member}", f"has {event_type!r}: write an event's type such as OrderPlaced."
            )
        if value.count(event_type) > 1:
            raise SettingError(f"consumes.{name}.{member}", f"has {event_type!r} twice: write it once.")
    return tuple(value)

"""The setting `consumes`: the other contexts whose events this context receives, and the effect of each event type."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..declaration.context import Context
from ..domain.spelling import kebab
from .config import SettingError, Source, structure

_CONTEXT = re.compile(r"[a-z][a-z0-9_-]{0,30}[a-z0-9]")
_TOPIC = re.compile(r"arn:aws:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}")
"""The ARN of a standard topic. A FIFO topic sends only to FIFO queues."""

_PARAMETER = re.compile(r"(/[A-Za-z0-9_.-]+)+")
_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_MEMBERS: Final = ("topic", "thing", "known", "gone")
_FORM: Final = "a map of contexts to {topic: ..., known: [...], gone: [...]}"

MOST_TYPES = 50
"""Maximum event types of all contexts. A function has 4 KB for its variables, and a variable contains the types."""


@dataclass(frozen=True)
class Consumed:
    """The events that this context receives from another context.

    `topic` is the topic's ARN, or the name of the parameter that contains it. `thing` is the name of the other
    context's aggregate in snake_case, and of its items in the table. After an event of a type in `known`, the aggregate
    exists; after an event of a type in `gone`, it no longer exists.
    """

    topic: str
    thing: str
    known: tuple[str, ...]
    gone: tuple[str, ...]

    @property
    def key(self) -> str:
        """The prefix of the keys of these items."""
        return f"{self.thing.upper()}#"

    @property
    def types(self) -> tuple[str, ...]:
        """All event types that this context receives."""
        return (*self.known, *self.gone)

    @property
    def account_id(self) -> str | None:
        """The account of the topic, if its ARN is given."""
        return self.topic.split(":")[4] if _TOPIC.fullmatch(self.topic) else None


def consumed(context: Context[Any], config: Source) -> Mapping[str, Consumed]:
    """Read the setting of a stack of `context`. Raises SettingError with one sentence for the first mistake."""
    given: dict[str, Any] = structure(config, "consumes", dict, {}, _FORM)
    found = {name: _consumed(name, value) for name, value in given.items()}
    _check_reserved(context, found)
    # Names in AWS are in kebab-case, where a_b and a-b are equal.
    if len({kebab(name) for name in found}) != len(found):
        raise SettingError("consumes", f"names {', '.join(found)}: name each once.")
    if len({source.topic for source in found.values()}) != len(found):
        raise SettingError("consumes", "has one topic twice: each context has its own.")
    if len({source.thing for source in found.values()}) != len(found):
        raise SettingError("consumes", "has one thing twice: events of two contexts about one thing have no order.")
    if sum(len(source.types) for source in found.values()) > MOST_TYPES:
        raise SettingError("consumes", f"names over {MOST_TYPES} types of events: leave out those that change nothing.")
    return found


def _consumed(name: str, value: Any) -> Consumed:
    if not _CONTEXT.fullmatch(name):
        raise SettingError(
            "consumes", f"has the context {name!r}: write its name in lower-case letters, such as order-line."
        )
    if not isinstance(value, dict) or not {"topic", "known"} <= set(value) <= set(_MEMBERS):
        raise SettingError(f"consumes.{name}", f"is {value!r}: write {{topic: ..., known: [...], gone: [...]}}.")
    known, gone = _types(name, "known", value["known"]), _types(name, "gone", value.get("gone", []))
    if not known:
        raise SettingError(f"consumes.{name}.known", "is empty: write the events after which a thing exists.")
    if both := set(known) & set(gone):
        raise SettingError(f"consumes.{name}", f"has {min(both)!r} in known and in gone: write it into one of them.")
    return Consumed(_topic(name, value["topic"]), _thing(name, value.get("thing", name)), known, gone)


def _thing(name: str, value: Any) -> str:
    if not isinstance(value, str) or not _CONTEXT.fullmatch(value):
        raise SettingError(
            f"consumes.{name}.thing", f"is {value!r}: write a name in lower-case letters, such as customer."
        )
    return value.replace("-", "_")


def _check_reserved(context: Context[Any], found: Mapping[str, Consumed]) -> None:
    """Reject names that would overwrite the items of the context's own aggregates and lists."""
    for name, source in found.items():
        if source.thing in (context.name, "list"):
            raise SettingError(
                f"consumes.{name}.thing", f"is {source.thing!r}, and items of this name are this context's own."
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

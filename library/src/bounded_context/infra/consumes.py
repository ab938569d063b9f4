"""The setting `consumes`: of which other contexts this one hears, where, and what their events mean for it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..context import Context
from ..words import kebab
from .config import SettingError, Source, structure

_CONTEXT = re.compile(r"[a-z][a-z0-9_-]{0,30}[a-z0-9]")
_TOPIC = re.compile(r"arn:aws:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}")
"""Of a standard topic: one that is first-in-first-out sends to such queues only."""

_PARAMETER = re.compile(r"(/[A-Za-z0-9_.-]+)+")
_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_MEMBERS: Final = ("topic", "thing", "known", "gone")
_FORM: Final = "a map of contexts to {topic: ..., known: [...], gone: [...]}"

MOST_TYPES = 50
"""Types of events of all contexts: Lambda takes 4 KB of variables, and one of them names the types."""


@dataclass(frozen=True)
class Consumed:
    """What is heard of one context.

    `topic` is its ARN, or the name of the parameter that holds it. After an event of a type in `known` a thing of that
    context exists for this one; after one in `gone` it does not. `thing` says what it is, in snake_case: what is known
    of each is kept in items of this name.
    """

    topic: str
    thing: str
    known: tuple[str, ...]
    gone: tuple[str, ...]

    @property
    def key(self) -> str:
        """What the keys of these items begin with."""
        return f"{self.thing.upper()}#"

    @property
    def types(self) -> tuple[str, ...]:
        """All types of events that count."""
        return (*self.known, *self.gone)

    @property
    def account_id(self) -> str | None:
        """The account of the topic, if its ARN is given."""
        return self.topic.split(":")[4] if _TOPIC.fullmatch(self.topic) else None


def consumed(context: Context[Any], config: Source) -> Mapping[str, Consumed]:
    """Read the setting of a stack of `context`. Raises SettingError with one sentence for the first mistake."""
    given: dict[str, Any] = structure(config, "consumes", dict, {}, _FORM)
    found = {name: _consumed(name, value) for name, value in given.items()}
    _leave_ours(context, found)
    # The code takes a_b and a-b for one name.
    if len({kebab(name) for name in found}) != len(found):
        raise SettingError(f"consumes names {', '.join(found)}: name each once.")
    if len({one.topic for one in found.values()}) != len(found):
        raise SettingError("consumes has one topic twice: each context has its own.")
    if len({one.thing for one in found.values()}) != len(found):
        raise SettingError("consumes has one thing twice: events of two contexts about one thing have no order.")
    if sum(len(one.types) for one in found.values()) > MOST_TYPES:
        raise SettingError(f"consumes names over {MOST_TYPES} types of events: leave out those that change nothing.")
    return found


def _consumed(name: str, value: Any) -> Consumed:
    if not _CONTEXT.fullmatch(name):
        raise SettingError(
            f"consumes has the context {name!r}: write its name in lower-case letters, such as order-line."
        )
    if not isinstance(value, dict) or not {"topic", "known"} <= set(value) <= set(_MEMBERS):
        raise SettingError(f"consumes.{name} is {value!r}: write {{topic: ..., known: [...], gone: [...]}}.")
    known, gone = _types(name, "known", value["known"]), _types(name, "gone", value.get("gone", []))
    if not known:
        raise SettingError(f"consumes.{name}.known is empty: write the events after which a thing exists.")
    if both := set(known) & set(gone):
        raise SettingError(f"consumes.{name} has {min(both)!r} in known and in gone: write it into one of them.")
    return Consumed(_topic(name, value["topic"]), _thing(name, value.get("thing", name)), known, gone)


def _thing(name: str, value: Any) -> str:
    if not isinstance(value, str) or not _CONTEXT.fullmatch(value):
        raise SettingError(f"consumes.{name}.thing is {value!r}: write a name in lower-case letters, such as customer.")
    return value.replace("-", "_")


def _leave_ours(context: Context[Any], found: Mapping[str, Consumed]) -> None:
    """Others' events may not overwrite the items of aggregates and of lists."""
    for name, one in found.items():
        if one.thing in (context.name, "list"):
            raise SettingError(
                f"consumes.{name}.thing is {one.thing!r}, and items of this name are this context's own."
            )


def _topic(name: str, value: Any) -> str:
    if not isinstance(value, str) or not (_TOPIC.fullmatch(value) or _PARAMETER.fullmatch(value)):
        raise SettingError(
            f"consumes.{name}.topic is {value!r}: write a parameter's name such as /{kebab(name)}/dev/topic-arn, or "
            "the ARN of an SNS topic."
        )
    return value


def _types(name: str, member: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise SettingError(f"consumes.{name}.{member} is {value!r}: write a list of events' types.")
    for one in value:
        if not isinstance(one, str) or not _TYPE.fullmatch(one):
            raise SettingError(f"consumes.{name}.{member} has {one!r}: write an event's type such as OrderPlaced.")
        if value.count(one) > 1:
            raise SettingError(f"consumes.{name}.{member} has {one!r} twice: write it once.")
    return tuple(value)

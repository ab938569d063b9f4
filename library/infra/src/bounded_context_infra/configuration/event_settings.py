"""The settings of events: the subscribers of a stack, and the events of other contexts."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from bounded_context.declaration.context import Context
from bounded_context.domain.spelling import kebab

from .config import SettingSource, read_all
from .list_settings import OfContext
from .partition import ARN
from .schema import ONCE, BadMember, Form, Members, setting

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


def _distinct_contexts(sources: Mapping[str, Consumed], info: ValidationInfo[Any]) -> Mapping[str, Consumed]:
    """Return the contexts with their aggregates. Raises ValueError for names that would overwrite other items."""
    contexts = {
        name: replace(source, aggregate=(source.aggregate or name).replace("-", "_"))
        for name, source in sources.items()
    }
    for name, source in contexts.items():
        if source.aggregate in (info.context.context.name, "list"):
            own = f"is {source.aggregate!r}, and items of this name are this context's own: write another name"
            raise BadMember(f"{name}.aggregate", own)
    # Names in AWS are in kebab-case, where a_b and a-b are equal.
    if len({kebab(name) for name in contexts}) != len(contexts):
        raise ValueError(f"names {', '.join(contexts)}: name each once")
    if len({source.topic for source in contexts.values()}) != len(contexts):
        raise ValueError("has one topic twice: each context has its own")
    if len({source.aggregate for source in contexts.values()}) != len(contexts):
        raise ValueError("has one aggregate twice: events of two contexts about one aggregate have no order")
    if sum(len(source.types) for source in contexts.values()) > MOST_TYPES:
        raise ValueError(f"names over {MOST_TYPES} types of events: leave out those that change nothing")
    return contexts


Consumes = Annotated[
    Mapping[Annotated[str, _NAME], Annotated[Consumed, BeforeValidator(_refuse_renamed)]],
    AfterValidator(_distinct_contexts),
]
"""The type of the setting: the events of the other contexts, by their names."""


_SUBSCRIBER: Final = Form(r"[a-z][a-z0-9_-]{0,30}[a-z0-9]", "up to 32 lower-case letters, digits and hyphens")
_ACCOUNT: Final = Form(r"[0-9]{12}", "the 12 digits of an account in quotes")


def _own_queues(names: tuple[str, ...], info: ValidationInfo[Any]) -> tuple[str, ...]:
    # Names in AWS are in kebab-case, where a_b and a-b are equal.
    if len({kebab(name) for name in names}) != len(names):
        raise ValueError(f"is {names!r}: name each once")
    # Dead-letter queues that are not a subscriber's.
    queues = {"uploads", "unseen", "inbound", *map(kebab, info.context.context.functions)}
    if own := [name for name in names if kebab(name) in queues]:
        raise ValueError(f"has the name {own[0]!r}, which a dead-letter queue of ours has: rename it")
    return names


def _known(filters: Mapping[str, tuple[str, ...]], info: ValidationInfo[Any]) -> Mapping[str, tuple[str, ...]]:
    subscribers, events = json.loads(info.context.get("subscribers")), info.context.context.events
    for subscriber, types in filters.items():
        if subscriber not in subscribers:
            raise ValueError(f"has {subscriber!r}: write one of {', '.join(subscribers)}")
        if unknown := [event_type for event_type in types if event_type not in events]:
            raise BadMember(subscriber, f"has {unknown[0]!r}: write any of {', '.join(events)}, once")
    return filters


@dataclass(frozen=True, kw_only=True)
class EventSettings:
    """Events, published and consumed."""

    subscribers: Annotated[tuple[Annotated[str, _SUBSCRIBER], ...], AfterValidator(_own_queues)] = setting(
        ["billing"], "the declaration's"
    )
    """The subscribers of the stack. Each has its own queue and dead-letter queue."""
    filters: Annotated[Mapping[str, Annotated[tuple[str, ...], Field(min_length=1), ONCE]], AfterValidator(_known)] = (
        setting({"billing": ["LoanRegistered"]}, {})
    )
    """The event types that a subscriber receives. Without a filter, it receives all."""
    subscriber_accounts: Annotated[tuple[Annotated[str, _ACCOUNT], ...], ONCE] = setting(["111122223333"], ())
    """Other AWS accounts whose queues may subscribe to the events."""
    consumes: Consumes = setting(
        {"customer": {"topic": "/customer/dev/topic-arn", "created_by": ["CustomerRegistered"]}}, {}
    )
    """The other contexts whose events this context receives."""


def consumed(context: Context[Any], config: SettingSource) -> Mapping[str, Consumed]:
    """Return the setting `consumes` of a stack of `context`. Raises SettingError for the first fault."""
    return read_all(EventSettings, OfContext(context, config), "consumes")["consumes"]

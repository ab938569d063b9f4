"""The settings of events: the subscribers of a stack, and the events of other contexts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, ValidationInfo

from bounded_context.declaration.context import Context
from bounded_context.domain.spelling import kebab

from .config import Source, read_all
from .consumes import Consumed, Consumes
from .list_settings import OfContext
from .schema import ONCE, BadMember, Form, setting

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


def consumed(context: Context[Any], config: Source) -> Mapping[str, Consumed]:
    """Return the setting `consumes` of a stack of `context`. Raises SettingError for the first fault."""
    return read_all(EventSettings, OfContext(context, config), "consumes")["consumes"]

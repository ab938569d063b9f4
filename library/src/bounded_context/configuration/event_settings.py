"""The settings of events: the subscribers of a stack, and the events of other contexts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..declaration.context import Context
from ..domain.spelling import kebab
from .config import SettingError, Source, structure, texts
from .consumes import Consumed, consumed, schema_of_consumes
from .list_settings import OfContext
from .schema import listing, mapping, schema_is, setting, text

_SUBSCRIBER: Final = re.compile(r"[a-z][a-z0-9_-]{0,30}[a-z0-9]")
_SUBSCRIBER_WORDS: Final = "up to 32 lower-case letters, digits and hyphens"
_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_ACCOUNT_WORDS: Final = "the 12 digits of an account in quotes"


@schema_is(lambda: {**listing(text(_SUBSCRIBER, _SUBSCRIBER_WORDS)), "default": "the declaration's"})
def _subscribers(config: OfContext, key: str) -> tuple[str, ...]:
    names: list[Any] = structure(config, key, list, list(config.context.subscribers), "a list of names")
    # Names in AWS are in kebab-case, where a_b and a-b are equal.
    if len({kebab(str(name)) for name in names}) != len(names):
        raise SettingError(key, f"is {names!r}: name each once.")
    for name in names:
        if kebab(str(name)) in _queues(config.context):
            raise SettingError(key, f"has the name {name!r}, which a dead-letter queue of ours has: rename it.")
        if not isinstance(name, str) or not _SUBSCRIBER.fullmatch(name):
            raise SettingError(key, f"has the name {name!r}: write {_SUBSCRIBER_WORDS}.")
    return tuple(names)


def _queues(context: Context[Any]) -> set[str]:
    """Return the names of the dead-letter queues that are not a subscriber's."""
    return {"uploads", "unseen", "inbound", *map(kebab, context.functions)}


@schema_is(lambda: {**mapping({**listing({"type": "string"}), "minItems": 1, "uniqueItems": True}), "default": {}})
def _filters(config: OfContext, key: str) -> Mapping[str, tuple[str, ...]]:
    filters: dict[str, Any] = structure(config, key, dict, {}, "a map of subscribers to lists of events")
    subscribers, events = _subscribers(config, "subscribers"), config.context.events
    for subscriber, types in filters.items():
        if subscriber not in subscribers:
            raise SettingError(key, f"has {subscriber!r}: write one of {', '.join(subscribers)}.")
        if not isinstance(types, list) or not types:
            raise SettingError(f"{key}.{subscriber}", f"is {types!r}: write a list of events, or leave it out for all.")
        for event_type in types:
            if event_type not in events or types.count(event_type) > 1:
                raise SettingError(
                    f"{key}.{subscriber}", f"has {event_type!r}: write any of {', '.join(events)}, once."
                )
    return {subscriber: tuple(types) for subscriber, types in filters.items()}


@schema_is(lambda: {**schema_of_consumes(), "default": {}})
def _consumes(config: OfContext, _: str) -> Mapping[str, Consumed]:
    return consumed(config.context, config)


@schema_is(lambda: {**listing(text(_ACCOUNT, _ACCOUNT_WORDS)), "uniqueItems": True})
def _subscriber_accounts(config: Source, key: str) -> tuple[str, ...]:
    accounts = texts(config, key, _ACCOUNT, _ACCOUNT_WORDS, kind="a list of AWS accounts' ids")
    if len(set(accounts)) != len(accounts):
        raise SettingError(key, f"is {list(accounts)!r}: name each once.")
    return accounts


@dataclass(frozen=True, kw_only=True)
class EventSettings:
    """Events, published and consumed."""

    subscribers: tuple[str, ...] = setting(
        "The subscribers of the stack. Each has its own queue and dead-letter queue.", ["billing"], _subscribers
    )
    filters: Mapping[str, tuple[str, ...]] = setting(
        "The event types that a subscriber receives. Without a filter, it receives all.",
        {"billing": ["LoanRegistered"]},
        _filters,
    )
    subscriber_accounts: tuple[str, ...] = setting(
        "Other AWS accounts whose queues may subscribe to the events.", ["111122223333"], _subscriber_accounts
    )
    consumes: Mapping[str, Consumed] = setting(
        "The other contexts whose events this context receives.",
        {"customer": {"topic": "/customer/dev/topic-arn", "created_by": ["CustomerRegistered"]}},
        _consumes,
    )

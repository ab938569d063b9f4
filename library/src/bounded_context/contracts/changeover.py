"""Whether subscribers change over from one major version of an event's schema to the next without losing events.

SNS takes up to 15 minutes to apply a changed filter (SNS Developer Guide, "Subscription filter policies"). Until then a
filter that passed the old version alone and now passes the new one alone may drop both.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ..domain.events import type_of_label

PAGE = "`uv run just docs events two-major-versions`"
"""Where a developer reads the steps."""


def abrupt(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each channel that would carry a type of events in other major versions only.

    `before` and `after` are AsyncAPI documents: the committed one, and that of the declaration as it is.
    """
    for name in before["channels"].keys() & after["channels"].keys():
        old, new = (_labels(document["channels"][name]) for document in (before, after))
        for event_type in sorted(old.keys() & new.keys()):
            if old[event_type].isdisjoint(new[event_type]):
                yield _sentence(name, min(old[event_type]), min(new[event_type]))
                break


def _labels(channel: Mapping[str, Any]) -> dict[str, set[str]]:
    """The labels of a channel's events by their type."""
    found: dict[str, set[str]] = {}
    for label in channel["messages"]:
        found.setdefault(type_of_label(label), set()).add(label)
    return found


def _sentence(channel: str, old: str, new: str) -> str:
    subscriber = channel.partition("-")[2] or "a subscriber"
    return (
        f"{channel} would carry {new} instead of {old} at once, and events would be lost: name {subscriber} in `ready` "
        f"of Beside, release that to every stack, and wait 15 minutes ({PAGE})."
    )

"""The change of subscribers from one major version of an event's schema to the next without lost events.

SNS takes up to 15 minutes to apply a changed filter (SNS Developer Guide, "Subscription filter policies"). Until then a
filter that changed from only the old version to only the new version may drop both.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ...domain.events import type_of_label

PAGE = "`uv run context docs events two-major-versions`"
"""The page that describes the steps."""


def abrupt(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each channel in which all major versions of an event type would be replaced at once.

    `before` is the committed AsyncAPI document, `after` is generated from the current declaration.
    """
    for name in before["channels"].keys() & after["channels"].keys():
        old, new = (_labels(document["channels"][name]) for document in (before, after))
        for event_type in sorted(old.keys() & new.keys()):
            if old[event_type].isdisjoint(new[event_type]):
                yield _sentence(name, min(old[event_type]), min(new[event_type]))
                break


def _labels(channel: Mapping[str, Any]) -> dict[str, set[str]]:
    """Return the labels of a channel's events by event type."""
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

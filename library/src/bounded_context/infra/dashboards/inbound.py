"""The section of other contexts' events on the technical dashboard."""

from ...declaration import measures
from . import sources
from .grid import Section, section
from .names import Names
from .sources import by_value, own
from .widgets import BAD, DOUBTFUL, GOOD, graph


def inbound(names: Names) -> Section:
    """Return the section: the results of received events, poison messages, and waiting messages."""
    taken = [
        own(names, measures.EVENTS_APPLIED, label="applied", color=GOOD),
        own(names, measures.EVENTS_STALE, label="older or repeated", color=DOUBTFUL),
    ]
    poison = by_value(names, measures.EVENTS_POISONED)
    waiting = [
        sources.queue("ApproximateNumberOfMessagesVisible", names.inbound, label="messages"),
        sources.queue("ApproximateAgeOfOldestMessage", names.inbound, label="age (s)", yAxis="right", color=BAD),
    ]
    return section(
        "Events of other contexts",
        [
            graph("Taken", taken),
            graph("Poison messages, by reason", poison, stacked=True),
            graph("Waiting to be taken", waiting, stat="Maximum"),
        ],
    )

"""The result of a redrive."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Report:
    """Counts of messages by outcome.

    `failed` and `stay` count by reason. `not_deleted` maps the ids of handled messages that could not be deleted to the
    reason. `not_seen` is the approximate number of messages that could not be received.
    """

    action: str
    redriven: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    stay: Counter[str] = field(default_factory=Counter)
    given_up: list[Mapping[str, str]] = field(default_factory=list)
    not_deleted: dict[str, str] = field(default_factory=dict)
    not_chosen: int = 0
    came_later: int = 0
    not_seen: int = 0
    still_hidden: int = 0
    stopped: str = ""
    interrupted: bool = False

    @property
    def tried(self) -> int:
        """The number of delivery attempts and discarded messages."""
        return self.redriven + self.failed.total() + len(self.given_up)

    @property
    def left(self) -> int:
        """The number of remaining messages that are chosen, or may be."""
        return self.failed.total() + self.stay.total() + self.came_later + self.not_seen

    @property
    def result(self) -> str:
        """The result as a word."""
        if self.interrupted:
            return "interrupted"
        if self.stopped:
            return "stopped"
        return "incomplete" if self.left or self.not_deleted else "done"

    @property
    def exit_status(self) -> int:
        """0 if all chosen messages are redriven or given up, else 1."""
        return int(self.result != "done")

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON."""
        return {
            "result": self.result,
            "action": self.action,
            "redriven": self.redriven,
            "failed": _by_why(self.failed),
            "stay": _by_why(self.stay),
            "given_up": self.given_up,
            "may_come_twice": [{"message_id": message_id, "why": why} for message_id, why in self.not_deleted.items()],
            "not_chosen": self.not_chosen,
            "came_later": self.came_later,
            "not_seen": self.not_seen,
            "still_hidden": self.still_hidden,
            "stopped": self.stopped,
        }


def _by_why(counts: Counter[str]) -> list[dict[str, Any]]:
    return [{"why": why, "messages": messages} for why, messages in counts.items()]

"""Poison: messages that can never be applied."""

from enum import StrEnum


class PoisonReason(StrEnum):
    """The reason why retries of a message cannot succeed."""

    NOT_JSON = "not-json"
    NO_EVENT = "no-cloud-event"
    SOURCE = "unknown-source"
    SUBJECT = "no-subject"
    ORDER = "no-order"


class Poison(Exception):
    """A message that can never be applied. Its text is the reason's code, without content of the message."""

    def __init__(self, reason: PoisonReason) -> None:
        super().__init__(reason.value)
        self.reason = reason

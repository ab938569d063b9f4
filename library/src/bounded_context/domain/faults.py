"""The kinds of faults of a list's rows and of other contexts' messages."""

from enum import StrEnum


class Fault(StrEnum):
    """The kind of a row's fault, for metrics. The report describes the fault in words, with the value."""

    CELLS = "cells"
    VALUE = "value"
    REPEATED = "repeated"
    UNKNOWN = "unknown"
    EXISTS = "exists"
    RULE = "rule"


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

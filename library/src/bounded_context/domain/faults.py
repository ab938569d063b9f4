"""The kinds of faults of a list's rows."""

from enum import StrEnum


class Fault(StrEnum):
    """The kind of a row's fault, for metrics. The report describes the fault in words, with the value."""

    CELLS = "cells"
    VALUE = "value"
    REPEATED = "repeated"
    UNKNOWN = "unknown"
    EXISTS = "exists"
    RULE = "rule"

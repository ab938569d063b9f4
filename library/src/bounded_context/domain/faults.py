"""What may be wrong with a row of a list, by kind."""

from enum import StrEnum


class Fault(StrEnum):
    """What kind of fault a row has, for those who count: the report says the same in words, with the value."""

    CELLS = "cells"
    VALUE = "value"
    REPEATED = "repeated"
    UNKNOWN = "unknown"
    EXISTS = "exists"
    RULE = "rule"

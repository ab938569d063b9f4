"""What there is to tell of one list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..observation.calls import Call
from ..result import Result


@dataclass(frozen=True)
class Part:
    """A part of a list: its number, its rows, and how it stands; `calls` are those that wrote it."""

    number: int
    rows: int
    standing: str
    calls: Sequence[Call]


@dataclass(frozen=True)
class Step:
    """Something that took time: when it began and ended (seconds since 1970), and why it failed, if it did."""

    name: str
    what: str
    began: float
    ended: float
    error: str = ""


@dataclass(frozen=True)
class Rejected:
    """What the report says of one or more rows, with the lines of the file; an empty field is the whole row."""

    field: str
    reason: str
    lines: Sequence[int]


@dataclass(frozen=True)
class Told:
    """All that is known about a list when its run is over.

    `file` is its name, `size` its bytes, `way` how it arrived, `arrived` when (seconds since 1970). `record` is its
    item in the table, empty if it was not recorded; `faults` counts the rejected rows by their faults.
    """

    context: str
    file: str
    size: int
    way: str
    arrived: float
    list_id: str
    result: Result
    record: Mapping[str, Any]
    faults: Mapping[str, int]
    rejected: Sequence[Rejected]
    parts: Sequence[Part]
    steps: Sequence[Step]
    calls: Sequence[Call]

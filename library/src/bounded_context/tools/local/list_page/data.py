"""Data of the page about a list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..observation.calls import Call
from ..result import Result


@dataclass(frozen=True)
class Part:
    """A part of a list. `standing` is its state (imported, undone, not imported), `calls` the calls that wrote it."""

    number: int
    rows: int
    standing: str
    calls: Sequence[Call]


@dataclass(frozen=True)
class Step:
    """A step with its kind (`what`), its start and end in seconds since 1970, and its error, or an empty text."""

    name: str
    what: str
    began: float
    ended: float
    error: str = ""


@dataclass(frozen=True)
class Rejected:
    """A reason in the report, with the line numbers of its rows. An empty `field` is the whole row."""

    field: str
    reason: str
    lines: Sequence[int]


@dataclass(frozen=True)
class Told:
    """All data about a list at the end of its run.

    `file` is its name, `size` its bytes, `way` the way of its upload, `arrived` its time in seconds since 1970.
    `record` is its item in the table, empty if it was not recorded. `faults` counts the rejected rows by fault.
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

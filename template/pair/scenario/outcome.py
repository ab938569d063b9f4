"""What the pair came to, read from tables, queues and the partner's report, and whether it adds up."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

UNKNOWN = "is not known here"


@dataclass(frozen=True)
class Sent:
    """What was asked for: how many things were created and deleted, and which lines of the list refer to none.

    ``unknown`` has for each such line, counted from 1, what it refers to.
    """

    created: int
    deleted: int
    rows: int
    unknown: Mapping[int, str]
    field: str


@dataclass(frozen=True)
class Rejected:
    """A line of the partner's report."""

    line: int
    field: str
    reason: str


@dataclass(frozen=True)
class Outcome:
    """What was found. ``emitted`` counts the first's events by type, ``projected`` the second's items by standing."""

    first: str
    second: str
    sent: Sent
    emitted: Mapping[str, int]
    projected: Mapping[str, int]
    outcome: str
    imported: int
    rejected: Sequence[Rejected]
    stages: Mapping[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return {
            "contexts": [self.first, self.second],
            "emitted": dict(self.emitted),
            "projected": dict(self.projected),
            "rows": {"uploaded": self.sent.rows, "imported": self.imported, "rejected": len(self.rejected)},
            "rejected": [vars(one) for one in self.rejected],
            "outcome": self.outcome,
            "problems": self.problems(),
            "stages": {name: round(seconds, 2) for name, seconds in self.stages.items()},
        }

    def problems(self) -> list[str]:
        """Return one sentence for each thing that does not add up; none if all is well."""
        sent, found = self.sent, Counter(self.emitted)
        expected = {line: (sent.field, f"{reference!r} {UNKNOWN}") for line, reference in sent.unknown.items()}
        reported = {one.line: (one.field, one.reason) for one in self.rejected}
        good = sent.rows - len(sent.unknown)
        checks = {
            f"{self.first} published {sorted(found.values())} events of a type, for {sent.created} created "
            f"and {sent.deleted} deleted": sorted(found.values()) == sorted((sent.created, sent.deleted)),
            f"{self.second} knows of {dict(self.projected)}, and should know of "
            f"{sent.created - sent.deleted} known and {sent.deleted} gone": self.projected == _projected(sent),
            f"The list ended as {self.outcome}": self.outcome == "IMPORTED",
            f"{self.imported} rows are in the table, and {good} should be": self.imported == good,
            f"The report has {reported}, and should have {expected}": reported == expected,
        }
        return [f"{sentence}." for sentence, holds in checks.items() if not holds]


def _projected(sent: Sent) -> dict[str, int]:
    return {"known": sent.created - sent.deleted, "gone": sent.deleted}


def read_report(text: str) -> list[Rejected]:
    """Return the lines of a partner's report."""
    rows = csv.DictReader(io.StringIO(text))
    return [Rejected(int(row["line"] or 0), row["field"], row["reason"]) for row in rows]


def show(outcome: Outcome, out: Console) -> None:
    """Print the table."""
    title = f"{outcome.first} and {outcome.second}: the list is {outcome.outcome}"
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    sections: dict[str, Mapping[str, int]] = {
        f"emitted by {outcome.first}": outcome.emitted,
        f"projected by {outcome.second}": outcome.projected,
        "rows": {"uploaded": outcome.sent.rows, "imported": outcome.imported, "rejected": len(outcome.rejected)},
    }
    for name, counts in sections.items():
        for what, count in counts.items():
            table.add_row(f"{name}: {what}", f"{count:,}")
        table.add_section()
    for name, seconds in outcome.stages.items():
        table.add_row(name, f"{seconds:.2f} s")
    out.print(table)
    for one in outcome.rejected:
        out.print(f"Rejected: line {one.line}, {one.field}: {one.reason}", markup=False, soft_wrap=True)

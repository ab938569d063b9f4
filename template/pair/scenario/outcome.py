"""The scenario's outcome, read from tables, queues and the partner's report, and its comparison with the input."""

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
    """The input: the number of created and deleted aggregates, and the lines of the list with unknown references.

    ``unknown`` maps each such line, counted from 1, to its reference.
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
    """The result. ``emitted`` counts the first's events by type, ``projected`` the second's references by status."""

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
        """Return the outcome for ``--json``."""
        return {
            "contexts": [self.first, self.second],
            "emitted": dict(self.emitted),
            "projected": dict(self.projected),
            "rows": {"uploaded": self.sent.rows, "imported": self.imported, "rejected": len(self.rejected)},
            "rejected": [vars(row) for row in self.rejected],
            "outcome": self.outcome,
            "problems": self.problems(),
            "stages": {name: round(seconds, 2) for name, seconds in self.stages.items()},
        }

    def problems(self) -> list[str]:
        """Return a sentence for each unexpected number."""
        sent, event_counts = self.sent, Counter(self.emitted)
        expected = {line: (sent.field, f"{reference!r} {UNKNOWN}") for line, reference in sent.unknown.items()}
        reported = {row.line: (row.field, row.reason) for row in self.rejected}
        good = sent.rows - len(sent.unknown)
        checks = {
            f"{self.first} published {sorted(event_counts.values())} events of a type, for {sent.created} created "
            f"and {sent.deleted} deleted": sorted(event_counts.values()) == sorted((sent.created, sent.deleted)),
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
    """Print the outcome as a table."""
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
        for kind, count in counts.items():
            table.add_row(f"{name}: {kind}", f"{count:,}")
        table.add_section()
    for name, seconds in outcome.stages.items():
        table.add_row(name, f"{seconds:.2f} s")
    out.print(table)
    out.print(
        f"One row of the list refers to a deleted {outcome.first}, and one to none. {outcome.second} reports both to "
        "the partner and imports the others, within the setting `tolerated_share`.",
        soft_wrap=True,
    )
    for row in outcome.rejected:
        out.print(f"Rejected: line {row.line}, {row.field}: {row.reason}", markup=False, soft_wrap=True)

"""The output of ``template fleet`` as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from .consumption import consumptions, pairs, remaining
from .findings import Finding
from .members import Member
from .quotas import uses
from .releases import HEAD as RELEASES
from .releases import as_json as figures_as_json
from .releases import rows as releases_of

HEAD = ("context", "owner", "template version", "versions behind", "differences", "broken policies", "last update")
"""The titles of the table of contexts."""


def fleet_json(fleet: Sequence[Member], findings: Sequence[Finding]) -> dict[str, Any]:
    """Return a fleet and its findings for JSON."""
    return {
        "contexts": [_context(member) for member in fleet],
        "consumes": [
            {"publisher": publisher, "consumer": consumer, "labels": labels}
            for (publisher, consumer), labels in pairs(consumptions(fleet)).items()
        ],
        "deprecated": [event.as_json() for event in remaining(fleet)],
        "reactions": [{"context": member.name, **reaction} for member in fleet for reaction in member.reactions],
        "releases": [*figures_as_json(fleet)],
        "quotas": [
            {"account": use.account, "region": use.region, "kind": use.quota.kind, "taken": use.taken, "most": use.most}
            for use in uses(fleet)
        ],
        "findings": [asdict(finding) for finding in findings],
    }


def _context(member: Member) -> dict[str, Any]:
    report = member.report
    return {
        "name": member.name,
        "folder": str(member.folder),
        "owner": member.owner,
        "version": report and report.version,
        "behind": report and report.behind,
        "drifted": list(report.drifted) if report else [],
        "faults": list(report.faults) if report else [],
        "policies": member.broken,
        "waived": member.survey.get("waived", {}),
        "updated": member.updated,
        "in_step": member.in_step,
        "errors": list(member.errors),
    }


def fleet_lines(fleet: Sequence[Member], findings: Sequence[Finding]) -> Iterator[str]:
    """Yield the lines of a table of a fleet's contexts, of a table of their releases, then the findings."""
    yield from _table(HEAD, map(row, fleet))
    if releases := [*releases_of(fleet)]:
        yield from _table(RELEASES, releases)
    for member in fleet:
        yield from (f"{member.name}: {sentence}" for sentence in sentences(member))
    yield from (event.sentence for event in remaining(fleet))
    yield from (finding.sentence for finding in findings)
    in_step = sum(member.in_step for member in fleet)
    concern = "finding concerns" if len(findings) == 1 else "findings concern"
    yield f"{in_step} of {len(fleet)} contexts are in step; {len(findings)} {concern} several of them."


def _table(head: Sequence[str], body: Iterable[Sequence[str]]) -> Iterator[str]:
    rows = [head, *body]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for cells in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def row(member: Member) -> tuple[str, ...]:
    """Return a context's cells of the table; `?` marks an unknown value."""
    report = member.report
    has_policies = "policies" in member.survey
    return (
        member.name,
        member.owner or "?",
        report.version if report else "?",
        str(report.behind) if report else "?",
        str(len(report.drifted) + len(report.faults)) if report else "?",
        str(len(member.broken)) if has_policies else "?",
        member.updated or "?",
    )


def sentences(member: Member) -> Iterator[str]:
    """Yield the findings in a context: drifted files, faults, broken policies and errors."""
    if member.report:
        yield from (f"{path} drifted from the template." for path in member.report.drifted)
        yield from member.report.faults
    for policy, broken in member.broken.items():
        yield from (f"{policy}: {sentence}" for sentence in broken)
    yield from member.errors

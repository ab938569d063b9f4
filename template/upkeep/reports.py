"""The output of checks and updates as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .apply import UNDO
from .check import Report
from .owners import Owner
from .releases import CHANGELOG
from .update import Outcome, Plan

_OWNERS = {
    Owner.TEMPLATE: "drifted from the template",
    Owner.MADE: "generated from the code by a command",
    Owner.SHARED: "the template's, with the team's changes",
    Owner.TEAM: "the team's own",
}


def report_json(report: Report) -> dict[str, Any]:
    """Return a check's report for JSON."""
    library = report.library
    return {
        "context": report.repository.answers.get("context_name", ""),
        "version": report.version,
        "newest": report.newest,
        "behind": report.behind,
        "in_step": report.in_step,
        "library": {"pinned": library.pinned, "locked": library.locked, "wheel": library.wheel},
        "faults": list(report.faults),
        "files": [{"path": file.path, "owner": file.owner.value, "state": file.state} for file in report.files],
    }


def report_lines(report: Report, with_diff: bool) -> Iterator[str]:
    """Yield the lines of a check's report; the differences only if ``with_diff`` is set."""
    name = report.repository.answers.get("context_name", "")
    yield f"{name}: template {report.version}, {_behind(report)}"
    for kind, words in _OWNERS.items():
        files = [file for file in report.files if file.owner is kind]
        if files:
            yield f"{len(files)} {words}:"
        for file in files:
            yield f"  {file.state:7} {file.path}"
            if with_diff and file.diff:
                yield file.diff.rstrip("\n")
    yield from report.faults
    yield "In step." if report.in_step else "Not in step."


def _behind(report: Report) -> str:
    if not report.behind:
        return "the newest"
    versions = "1 version" if report.behind == 1 else f"{report.behind} versions"
    return f"{versions} behind {report.newest}: `template update` brings it up to date"


def outcome_json(outcome: Outcome, written: bool, check: int | None) -> dict[str, Any]:
    """Return an update for JSON; ``check`` is the exit status of the repository's check, if it ran."""
    merged = outcome.merged
    return {
        "from": outcome.plan.before.version,
        "to": outcome.plan.after.version,
        "written": written,
        "steps": [{"version": step.version, "summary": step.summary} for step in outcome.plan.steps],
        "notes": list(outcome.notes),
        "changed": list(outcome.changed),
        "conflicts": sorted(merged.conflicts),
        "kept": merged.kept,
        "left_out": merged.left_out,
        "to_make": merged.to_make,
        "asked": list(outcome.asked),
        "check": check,
    }


def plan_lines(plan: Plan) -> Iterator[str]:
    """Yield the lines of an update before its execution: the migration steps."""
    yield from _section("Migration steps:", [f"{step.version}: {step.summary}" for step in plan.steps])


def outcome_lines(outcome: Outcome, written: bool) -> Iterator[str]:
    """Yield the lines of an update: the changed files, the remarks, and last the conflicts and the next command."""
    before, after = outcome.plan.before.version, outcome.plan.after.version
    yield f"{'Updated' if written else 'Would update'} from {before} to {after}: {len(outcome.changed)} files"
    merged = outcome.merged
    yield from (f"  {path}" for path in outcome.changed if path not in merged.conflicts)
    yield from _section(
        "Generated from the code; run `uv run context contracts` and `uv run context openapi`:", merged.to_make
    )
    yield from remark_lines(outcome)
    versions = [past.version for past in outcome.plan.releases]
    yield from _section(f"The changes of {', '.join(versions)} are in:", [str(CHANGELOG)] if versions else [])
    if written:
        yield f"The update is not committed. `{UNDO}` reverts it: the stash keeps it, and your own changes."
    title = "Conflicts, marked in the files; resolve each, then `git add` it:" if written else "Conflicts to come:"
    yield from _section(title, sorted(merged.conflicts))
    if merged.conflicts:
        yield f"Next: `{'uv run context check' if written else 'template update .'}`"


def remark_lines(outcome: Outcome) -> Iterator[str]:
    """Yield the lines of an update that ask the team for a decision or a change."""
    yield from _section("For you to change:", list(outcome.notes))
    yield from _section("Changed by you and dropped by the template; they remain:", outcome.merged.kept)
    yield from _section("Removed by you and changed by the template; they remain removed:", outcome.merged.left_out)
    yield from _section("New questions, with the answers that were used:", _new_answers(outcome))


def _new_answers(outcome: Outcome) -> list[str]:
    return [f"{name}: {outcome.answers[name]}" for name in outcome.asked]


def _section(title: str, items: list[str]) -> Iterator[str]:
    if items:
        yield title
        yield from (f"  {item}" for item in items)

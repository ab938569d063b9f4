"""The commit message and the pull request's text of an update, from the states of the branch."""

from __future__ import annotations

import re

from ...upkeep.migrations import steps
from ...upkeep.releases import Release, between, notes, release
from ...upkeep.reports import remark_lines
from ...upkeep.update import Outcome
from .branch import Branch
from .result import Result, State

_LONGEST = 60_000
"""GitHub accepts 65,536 characters (GitHub's REST API, error `body is too long`)."""

_ENTRY = re.compile(r"^(?=- |### )", re.MULTILINE)
_MIGRATION = "**Migration"
_CODE = re.compile(r"`((?!context |template )[^`\n]{4,})`")
"""A name in an entry. Commands are no names: they occur in all repositories."""

_NEXT = {
    State.READY: "Review the changed files, and merge.",
    State.NOT_RUN: "Run the check, review the changed files, and merge.",
    State.RED: "Correct the code on this branch until the check passes, then push it.",
}
"""The last step of the team."""


def message(outcome: Outcome) -> str:
    """Return the commit message: the versions, and the remarks for the team."""
    first = title(outcome.plan.before.version, outcome.plan.after.version)
    return "\n".join([first, "", *remark_lines(outcome)])


def title(before: str, after: str) -> str:
    """Return the first line of the commit message."""
    return f"Update the template from {before} to {after}"


def pull_request(branch: Branch, result: Result, version: str) -> str:
    """Return the text of a pull request in Markdown, from the commits of the branch and the CHANGELOG."""
    span, versions = f"{branch.base}...{result.commit}", (release(result.before), release(version))
    remarks = branch.git("log", "--reverse", "--format=%b%x00", f"{branch.base}..{result.commit}").partition("\0")[0]
    patch = branch.git("diff", "--relative", span, "--", ".", ":!uv.lock", ":!vendor")
    migrations, others = _entries(*versions, "\n".join(re.findall(r"^[+-].*", patch, re.MULTILINE)))
    sections = {
        "Check": [_check(branch, result)],
        "For you to do": [f"- {_NEXT[result.state]}", *map(_item, remarks.splitlines())],
        "Changes with a migration": migrations,
        "Migration steps of this update": [f"- {step.summary}" for step in steps(*versions)],
        "Changed files": _changed_files(branch, span),
        "Changes that name a changed line of this repository": others,
    }
    parts = (f"## {name}\n\n" + "\n".join(lines) for name, lines in sections.items() if lines)
    text = "\n\n".join([f"{title(result.before, version)}.", *parts])
    return (text if len(text) < _LONGEST else f"{text[:_LONGEST]}\n\nThe text is cut: read the CHANGELOG.") + "\n"


def _check(branch: Branch, result: Result) -> str:
    if result.state is State.NOT_RUN:
        return f"The check was not run. Run it: `{check_command(branch)}`."
    return f"`uv run context check` {'failed' if result.state is State.RED else 'passed'} at {result.commit[:12]}."


def check_command(branch: Branch) -> str:
    """Return the shell command that checks the branch in the clone."""
    return f"git switch {branch.name} && uv run context check"


def _item(line: str) -> str:
    """Return a line of a commit message in Markdown: titles in bold, and items."""
    return f"- {line.strip()}" if line.startswith("  ") else f"\n**{line}**\n" if line else ""


def _changed_files(branch: Branch, span: str) -> list[str]:
    return [f"- `{path}`" for path in branch.git.records("diff", "-z", "--name-only", "--relative", span)]


def _entries(before: Release, after: Release, changed: str) -> tuple[list[str], list[str]]:
    """Return the entries of the CHANGELOG with a migration, and those with a name in the changed lines."""
    parts = (part.rstrip() for release in between(before, after) for part in _ENTRY.split(notes(release.version)))
    entries = [part for part in parts if part.startswith("- ")]
    matches = [entry for entry in entries if any(name in changed for name in _CODE.findall(entry))]
    return [entry for entry in entries if _MIGRATION in entry], [entry for entry in matches if _MIGRATION not in entry]

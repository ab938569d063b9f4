"""The preview of a pull request in one environment.

The variable STACK names the environment's stack. The changes, or the preview's error, are written as Markdown for the
comment and for the summary of the job. No plan is stored.
"""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ....configuration.project import Project
from ...release.steps.preview_report import Change, changes, summary
from ...release.steps.pulumi_cli import Stack, stop

_SHOWN: Final = 200
"""The maximum of listed changes. With some 200 characters each, they fit into a comment, which may have 65,536."""

_LONGEST: Final = 5_000
"""The maximum length of Pulumi's error output."""


def preview_request(stack: Stack) -> None:
    """Preview the stack, and write the report. The step fails if the preview fails."""
    failed, text = _previewed(stack)
    file = report(stack.project)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    if where := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(where).open("a", encoding="utf-8") as page:
            page.write(text)
    sys.stdout.write(text)
    if failed:
        stop(f"The preview of {stack.name} failed.")


def report(project: Project) -> Path:
    """Return the path of the file with the pull request's comment."""
    return project.build / "reports" / "preview.md"


def _previewed(stack: Stack) -> tuple[bool, str]:
    """Return whether the preview failed, and its text."""
    try:
        found = changes(json.loads(stack.output("preview", "--json")))
    except SystemExit as failure:
        return True, f"### `{stack.name}` cannot be previewed\n\n{_code(str(failure.code)[-_LONGEST:])}"
    return False, markdown(stack.name, found)


def markdown(stack: str, found: Sequence[Change]) -> str:
    """Return the changes as Markdown: their numbers, the loss of data, and each change."""
    if not found:
        return f"### `{stack}`: nothing changes\n"
    rows = [
        f"| {change.operation}{' ⚠️ data' if change.loses_data else ''} | `{change.name}` | {change.type} |"
        for change in found
    ]
    more = f"\n{len(rows) - _SHOWN} more are in the job's log.\n" if len(rows) > _SHOWN else ""
    table = "\n".join(["| what | name | type |", "|---|---|---|", *rows[:_SHOWN]])
    details = f"<details><summary>Each change</summary>\n\n{table}\n{more}\n</details>\n"
    return f"### `{stack}`: {summary(found)}\n\n{details}"


def _code(text: str) -> str:
    """Return a text as a code block."""
    fence = "````"
    return f"{fence}\n{text.replace(fence, '')}\n{fence}\n"

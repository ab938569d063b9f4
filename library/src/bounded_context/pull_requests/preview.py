"""Previews a change to one environment, for a pull request: `python -m bounded_context.pull_requests.preview`.

The variable STACK names it. What would change, or why that cannot be said, is written as Markdown: for the comment, and
for the summary of the job. Nothing is kept that could be deployed.
"""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ..pipeline.preview_report import Change, changes, summary
from ..pipeline.pulumi_cli import Stack, stack_of_step, stop
from ..project import Project

_SHOWN: Final = 200
"""Changes of a table: with each of at most some 200 characters it fits a comment, which holds 65,536."""

_LONGEST: Final = 5_000
"""Characters of what Pulumi says of a failure."""


def main() -> None:
    """Preview the stack; the step fails if that fails."""
    stack = stack_of_step()
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
    """The file with the comment for the pull request."""
    return project.build / "reports" / "preview.md"


def _previewed(stack: Stack) -> tuple[bool, str]:
    """Whether the preview failed, and what it says."""
    try:
        found = changes(json.loads(stack.output("preview", "--json")))
    except SystemExit as failure:
        return True, f"### `{stack.name}` cannot be previewed\n\n{_code(str(failure.code)[-_LONGEST:])}"
    return False, markdown(stack.name, found)


def markdown(stack: str, found: Sequence[Change]) -> str:
    """Say what would change: the numbers, what would take data away, and each change."""
    if not found:
        return f"### `{stack}`: nothing changes\n"
    rows = [f"| {one.operation}{' ⚠️ data' if one.loses_data else ''} | `{one.name}` | {one.type} |" for one in found]
    more = f"\n{len(rows) - _SHOWN} more are in the job's log.\n" if len(rows) > _SHOWN else ""
    table = "\n".join(["| what | name | type |", "|---|---|---|", *rows[:_SHOWN]])
    details = f"<details><summary>Each change</summary>\n\n{table}\n{more}\n</details>\n"
    return f"### `{stack}`: {summary(found)}\n\n{details}"


def _code(text: str) -> str:
    """The text as a block of code, whatever is in it."""
    fence = "````"
    return f"{fence}\n{text.replace(fence, '')}\n{fence}\n"


if __name__ == "__main__":
    main()

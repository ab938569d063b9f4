"""`context pull-request preview|comment|up|down`: the steps of a pull request's workflow.

The variable STACK names the previewed stack. PULL_REQUEST has the number of the pull request, whose own stack is
`pr-<number>`, and OWNER the owner of that stack.
"""

import json
import os
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ....configuration.project import Project
from ....domain.spelling import minute
from ...command.installed import repository, repository_or_exit
from ...release.steps.preview_report import Change, changes, summary
from ...release.steps.pulumi_cli import Stack, stack_of_step, stop, variable
from .outcomes import now, with_exit_status

if TYPE_CHECKING:
    from .stack import TemporaryStack

HOURS: Final = 72
"""The lifetime of the stack of an open pull request. Each push restarts it."""

_SHOWN: Final = 200
"""The maximum of listed changes. With some 200 characters each, they fit into a comment, which may have 65,536."""

_LONGEST: Final = 5_000
"""The maximum length of Pulumi's error output."""


def preview() -> None:
    """Preview the stack that the variable STACK names, and write the report of the pull request.

    The report has the changes or the preview's error, also for the summary of the job. No plan is stored.
    """
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


def comment() -> None:
    """Write the report of the preview into the pull request that the variable PULL_REQUEST names.

    A stack has one comment, which is replaced each time. This is a separate step, so the pull request's program runs
    without GitHub's token.
    """
    from ...command.aws_errors import Refused
    from .github import GitHub

    number, mark = int(variable("PULL_REQUEST")), f"<!-- preview of {variable('STACK')} -->"
    file, github = report(repository_or_exit()), GitHub.here()
    if github is None:
        stop("GITHUB_TOKEN is not set: it belongs in the step of the workflow.")
    try:
        github.comment(number, mark, file.read_text(encoding="utf-8"))
    except (Refused, OSError) as error:
        stop(f"The comment could not be written: {error}")
    sys.stdout.write(f"Wrote the comment of pull request {number}.\n")


@with_exit_status
def up() -> int:
    """Create the pull request's own stack from the sources, and write outputs.json.

    The variables PULL_REQUEST and OWNER have its number and its owner; the stack's name is pr-NUMBER.

    Exit status:
      0    deployed
      1    the deployment failed
      2    refused before anything changed
      130  interrupted; existing resources stay
    """
    from .services import as_tag

    project = repository()
    stack, until = _stack(project), now() + timedelta(hours=HOURS)
    outputs = stack.deploy_for(as_tag(variable("OWNER")), until)
    Stack(stack.name, project).outputs.write_text(json.dumps(dict(outputs)))
    sys.stdout.write(f"{stack.name} is there until {minute(until)}.\n")
    return 0


@with_exit_status
def down() -> int:
    """Destroy the pull request's own stack.

    Exit status:
      0  destroyed
      1  the destruction failed
      2  refused before anything changed
    """
    stack = _stack(repository())
    stack.destroy()
    sys.stdout.write(f"{stack.name} is destroyed.\n")
    return 0


def report(project: Project) -> Path:
    """Return the path of the file with the pull request's comment."""
    return project.build / "reports" / "preview.md"


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


def _previewed(stack: Stack) -> tuple[bool, str]:
    """Return whether the preview failed, and its text."""
    try:
        return False, markdown(stack.name, changes(json.loads(stack.output("preview", "--json"))))
    except SystemExit as failure:
        fence, error = "````", str(failure.code)[-_LONGEST:]
        block = f"{fence}\n{error.replace(fence, '')}\n{fence}\n"
        return True, f"### `{stack.name}` cannot be previewed\n\n{block}"


def _stack(project: Project) -> "TemporaryStack":
    from .kinds import PULL_REQUEST
    from .stack import TemporaryStack

    return TemporaryStack(project, PULL_REQUEST.stack(variable("PULL_REQUEST")))

"""`context pull-request preview|comment|closed|up|down`: the steps of a pull request's workflow, by GitHub's REST API.

The variable STACK names the previewed stack. PULL_REQUEST has the number of the pull request, whose own stack is
`pr-<number>`, and OWNER the owner of that stack. REPORT has the report of the preview, for the comment.
"""

import json
import os
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from bounded_context_cli.command.aws_errors import Refusal
from bounded_context_cli.command.installed import repository
from bounded_context_cli.command.output import minute
from bounded_context_infra.configuration.project import Project
from bounded_context_operations.release.plan import Change, PulumiStack, changes, stack_of_step, stop, summary, variable

from .kinds import now, with_exit_status

if TYPE_CHECKING:
    from .stack import TemporaryStack


HOURS: Final = 72
"""The lifetime of the stack of an open pull request. Each push restarts it."""

_SHOWN: Final = 200
"""The maximum of listed changes. With some 200 characters each, they fit into a comment, which may have 65,536."""

_LONGEST: Final = 5_000
"""The maximum length of Pulumi's error output."""

_LONGEST_REPORT: Final = 65_000
"""The maximum length of a report. GitHub permits 65,536 characters in a comment, which also has the mark."""


def preview() -> None:
    """Preview the stack that the variable STACK names, and write the report of the pull request.

    The report has the changes or the preview's error. It is the step's output `report` and the summary of the job.
    No plan is stored.

    Examples:
      context pull-request preview   in a job with the variable STACK

    Exit status:
      0  the report is written
      1  the preview failed; the report has its error
      2  refused before the preview
    """
    stack = stack_of_step()
    failed, text = _preview(stack)
    _append("GITHUB_STEP_SUMMARY", text)
    _append("GITHUB_OUTPUT", _output("report", text))
    sys.stdout.write(text)
    if failed:
        stop(f"The preview of {stack.name} failed.")


def comment() -> None:
    """Write the report in the variable REPORT into the pull request that the variable PULL_REQUEST names.

    A stack has one comment, which is replaced each time. This is a separate job, which has GitHub's token and runs the
    code of the default branch. The pull request's code writes the report, so the report is only text.

    Examples:
      context pull-request comment   in a job with the variables REPORT and PULL_REQUEST

    Exit status:
      0  the comment is written
      1  no repository, or a variable is missing
      2  refused: GitHub does not answer, or its token is missing
    """
    from bounded_context_cli.command.aws_errors import Refusal
    from bounded_context_cli.command.installed import repository_or_exit

    repository_or_exit()
    number, mark = int(variable("PULL_REQUEST")), f"<!-- preview of {variable('STACK')} -->"
    try:
        GitHub.here().comment(number, mark, variable("REPORT")[:_LONGEST_REPORT])
    except Refusal as error:
        stop(f"The comment could not be written: {error}")
    sys.stdout.write(f"Wrote the comment of pull request {number}.\n")


@with_exit_status
def closed() -> int:
    """Write the numbers of closed pull requests as the step's output `numbers`, for the sweep.

    This is a separate job, which has GitHub's token and assumes no role. Pull requests that did not change since the
    lifetime of a stack have no stack.

    Examples:
      context pull-request closed

    Exit status:
      0  written
      2  refused: GitHub does not answer, or its token is missing
    """

    repository()
    numbers = json.dumps(GitHub.here().closed(now() - timedelta(hours=HOURS)))
    _append("GITHUB_OUTPUT", _output("numbers", numbers))
    sys.stdout.write(f"Closed pull requests: {numbers}\n")
    return 0


@with_exit_status
def up() -> int:
    """Create the pull request's own stack from the sources, and write outputs.json.

    The variables PULL_REQUEST and OWNER have its number and its owner; the stack's name is pr-NUMBER.

    Examples:
      context pull-request up   in a job with the variables PULL_REQUEST and OWNER

    Exit status:
      0    deployed
      1    the deployment failed
      2    refused before anything changed
      130  interrupted; existing resources stay
    """
    from .kinds import as_tag

    project = repository()
    stack, until = _stack(project), now() + timedelta(hours=HOURS)
    outputs = stack.deploy_for(as_tag(variable("OWNER")), until)
    PulumiStack(stack.name, project).outputs.write_text(json.dumps(dict(outputs)))
    sys.stdout.write(f"{stack.name} is there until {minute(until)}.\n")
    return 0


@with_exit_status
def down() -> int:
    """Destroy the pull request's own stack.

    Examples:
      context pull-request down   in a job with the variable PULL_REQUEST

    Exit status:
      0  destroyed
      1  the destruction failed
      2  refused before anything changed
    """
    stack = _stack(repository())
    stack.destroy()
    sys.stdout.write(f"{stack.name} is destroyed.\n")
    return 0


def markdown(stack: str, planned: Sequence[Change]) -> str:
    """Return the changes as Markdown: their numbers, the loss of data, and each change."""
    if not planned:
        return f"### `{stack}`: nothing changes\n"
    rows = [
        f"| {change.operation}{' ⚠️ data' if change.loses_data else ''} | `{change.name}` | {change.type} |"
        for change in planned
    ]
    more = f"\n{len(rows) - _SHOWN} more are in the job's log.\n" if len(rows) > _SHOWN else ""
    table = "\n".join(["| what | name | type |", "|---|---|---|", *rows[:_SHOWN]])
    details = f"<details><summary>Each change</summary>\n\n{table}\n{more}\n</details>\n"
    return f"### `{stack}`: {summary(planned)}\n\n{details}"


def _preview(stack: PulumiStack) -> tuple[bool, str]:
    """Return whether the preview failed, and its text."""
    try:
        return False, markdown(stack.name, changes(json.loads(stack.output("preview", "--json"))))
    except SystemExit as failure:
        fence, error = "````", str(failure.code)[-_LONGEST:]
        block = f"{fence}\n{error.replace(fence, '')}\n{fence}\n"
        return True, f"### `{stack.name}` cannot be previewed\n\n{block}"


def _append(variable: str, text: str) -> None:
    """Append a text to the runner's file that the variable names. Outside of a workflow, do nothing."""
    if path := os.environ.get(variable):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)


def _output(name: str, text: str) -> str:
    """Return a step's output of several lines. The text cannot contain the random delimiter."""
    delimiter = uuid.uuid4().hex
    return f"{name}<<{delimiter}\n{text}\n{delimiter}\n"


def _stack(project: Project) -> "TemporaryStack":
    from .kinds import PULL_REQUEST
    from .stack import TemporaryStack

    return TemporaryStack(project, PULL_REQUEST.stack(variable("PULL_REQUEST")))


_VARIABLES: Final = {"api": "GITHUB_API_URL", "repository": "GITHUB_REPOSITORY", "token": "GITHUB_TOKEN"}
_PAGE: Final = 100
"""Entries of a page: GitHub's maximum (REST API, "Using pagination")."""

_SECONDS: Final = 30


@dataclass(frozen=True)
class GitHub:
    """The REST API for a repository."""

    api: str
    repository: str
    token: str = field(repr=False)

    @classmethod
    def here(cls) -> Self:
        """Return the API of the current workflow's repository, from its variables. Raises Refusal without them."""
        values = {name: os.environ.get(variable, "") for name, variable in _VARIABLES.items()}
        if not all(values.values()):
            raise Refusal("GITHUB_TOKEN is not set: it belongs in the step of the workflow.")
        return cls(**values)

    def closed(self, since: datetime) -> list[int]:
        """Return the numbers of the closed pull requests that changed since a time. Raises Refusal."""
        numbers: list[int] = []
        for request in self._pages("pulls?state=closed&sort=updated&direction=desc"):
            if datetime.fromisoformat(request["updated_at"]) < since:
                break
            numbers.append(request["number"])
        return numbers

    def comment(self, number: int, mark: str, text: str) -> None:
        """Write a comment to a pull request. It replaces the comment that begins with `mark`, if any.

        Raises:
            Refusal: GitHub did not accept the comment.
        """
        body = {"body": f"{mark}\n{text}"}
        before = next(
            (
                comment["id"]
                for comment in self._pages(f"issues/{number}/comments?")
                if comment["body"].startswith(mark)
            ),
            None,
        )
        if before is None:
            self._call("POST", f"issues/{number}/comments", body)
        else:
            self._call("PATCH", f"issues/comments/{before}", body)

    def _pages(self, path: str) -> Iterator[dict[str, Any]]:
        page, requests = 1, [{}] * _PAGE
        while len(requests) == _PAGE:
            requests = self._call("GET", f"{path}&per_page={_PAGE}&page={page}")
            yield from requests
            page += 1

    def _call(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Accept": "application/vnd.github+json", "Authorization": f"Bearer {self.token}"}
        data = None if body is None else json.dumps(body).encode()
        url = f"{self.api}/repos/{self.repository}/{path}"
        request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 (GitHub's own address)
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
                return json.load(answer)
        except (OSError, ValueError) as error:
            raise Refusal(f"GitHub does not answer {method} {path.partition('?')[0]}: {error}.") from error

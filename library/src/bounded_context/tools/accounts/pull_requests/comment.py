"""The comment of a preview in its pull request.

A stack has one comment, which is replaced each time. This is a separate step, so the pull request's program runs
without GitHub's token.
"""

import sys

from ....configuration.project import Project
from ...command.aws_errors import Refused
from ...release.steps.pulumi_cli import stop, variable
from ..sandbox.github import GitHub
from .preview import report


def write_comment(project: Project) -> None:
    """Write the comment of a preview. The variables PULL_REQUEST and STACK name the pull request and the stack."""
    number, mark = int(variable("PULL_REQUEST")), f"<!-- preview of {variable('STACK')} -->"
    file, github = report(project), GitHub.here()
    if github is None:
        stop("GITHUB_TOKEN is not set: it belongs in the step of the workflow.")
    try:
        github.comment(number, mark, file.read_text(encoding="utf-8"))
    except (Refused, OSError) as error:
        stop(f"The comment could not be written: {error}")
    sys.stdout.write(f"Told pull request {number}.\n")

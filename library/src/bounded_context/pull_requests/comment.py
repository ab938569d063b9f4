"""Tells a pull request what a step has found: `python -m bounded_context.pull_requests.comment`.

One comment for a stack, written anew each time. It is a step of its own so that GitHub's token is not there while the
pull request's program runs.
"""

import sys

from ..installed import repository_or_exit
from ..pipeline.pulumi_cli import stop, variable
from ..rollout.errors import Refused
from ..sandbox.github import GitHub
from .preview import report


def main() -> None:
    """Write the comment; the variables PULL_REQUEST and STACK say where, and of what."""
    number, mark = int(variable("PULL_REQUEST")), f"<!-- preview of {variable('STACK')} -->"
    file, github = report(repository_or_exit()), GitHub.here()
    if github is None:
        stop("GITHUB_TOKEN is not set: it belongs in the step of the workflow.")
    try:
        github.comment(number, mark, file.read_text(encoding="utf-8"))
    except (Refused, OSError) as error:
        stop(f"The comment could not be written: {error}")
    sys.stdout.write(f"Told pull request {number}.\n")


if __name__ == "__main__":
    main()

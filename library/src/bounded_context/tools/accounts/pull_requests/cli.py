"""`context pull-request`: the steps of a pull request's workflow."""

from ...command.console import Consoles
from ...command.installed import repository, repository_or_exit
from ...release.steps.pulumi_cli import stack_of_step
from ..sandbox.cli import guarded
from .comment import write_comment
from .preview import preview_request
from .stack import create, destroy


def preview() -> None:
    """Preview the stack that the variable STACK names, and write the report of the pull request."""
    preview_request(stack_of_step())


def comment() -> None:
    """Write the report of the preview into the pull request that the variable PULL_REQUEST names."""
    write_comment(repository_or_exit())


def up() -> int:
    """Create the pull request's own stack from the sources, and write outputs.json.

    The variables PULL_REQUEST and OWNER have its number and its owner; the stack's name is pr-NUMBER.

    Exit status:
      0    deployed
      1    the deployment failed
      2    refused before anything changed
      130  interrupted; existing resources stay
    """
    return guarded(lambda: create(repository()), Consoles(as_json=False))


def down() -> int:
    """Destroy the pull request's own stack.

    Exit status:
      0  destroyed
      1  the destruction failed
      2  refused before anything changed
    """
    return guarded(lambda: destroy(repository()), Consoles(as_json=False))

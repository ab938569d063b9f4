"""`context account preview|deploy`: the roles of deployments in an account, and their access to the state."""

from pathlib import Path

from typer import Context

from bounded_context_infra.configuration.project import Project

from .deploy import PreviewedStack, pulumi


def preview(ctx: Context, stack: PreviewedStack) -> int:
    """Show the changes of a deployment of `infra/account`. Arguments of `pulumi preview` may follow.

    Examples:
      context account preview main

    Exit status:
      0  the changes are printed
      1  Pulumi is missing, or it failed; its own status is passed on
      2  refused: no repository, or another version of the library
    """
    return pulumi(_account, "preview", "--diff", "--stack", stack, *ctx.args)


def deploy(ctx: Context, stack: PreviewedStack) -> int:
    """Make the roles of deployments in an account, by its administrator. Arguments of `pulumi up` may follow.

    Examples:
      context account deploy main

    Exit status:
      0  the roles are made
      1  Pulumi is missing, or it failed; its own status is passed on
      2  refused: no repository, or another version of the library
    """
    return pulumi(_account, "up", "--stack", stack, *ctx.args)


def _account(project: Project) -> Path:
    return project.account

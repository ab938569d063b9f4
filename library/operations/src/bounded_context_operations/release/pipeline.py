"""`context pipeline preview|deploy`: the delivery pipeline. It deploys the context, never itself."""

from pathlib import Path

from typer import Context

from bounded_context_infra.configuration.project import Project

from .deploy import pulumi


def preview(ctx: Context) -> int:
    """Show the changes of a deployment of the delivery pipeline. Arguments of `pulumi preview` may follow.

    Examples:
      context pipeline preview

    Exit status:
      0  the changes are printed
      1  Pulumi is missing, or it failed; its own status is passed on
      2  refused: no repository, or another version of the library
    """
    return pulumi(_pipeline, "preview", "--diff", "--stack", "main", *ctx.args)


def deploy(ctx: Context) -> int:
    """Deploy the delivery pipeline. Arguments of `pulumi up` may follow.

    Examples:
      context pipeline deploy

    Exit status:
      0  the pipeline is deployed
      1  Pulumi is missing, or it failed; its own status is passed on
      2  refused: no repository, or another version of the library
    """
    return pulumi(_pipeline, "up", "--stack", "main", *ctx.args)


def _pipeline(project: Project) -> Path:
    return project.pipeline

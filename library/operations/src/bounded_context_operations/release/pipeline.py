"""`context pipeline preview|deploy`: the delivery pipeline. It deploys the context, never itself."""

from pathlib import Path

from typer import Context

from bounded_context_infra.configuration.project import Project

from .deploy import pulumi


def preview(ctx: Context) -> int:
    """Show the changes of a deployment of the delivery pipeline. Arguments of `pulumi preview` may follow."""
    return pulumi(_pipeline, "preview", "--diff", "--stack", "main", *ctx.args)


def deploy(ctx: Context) -> int:
    """Deploy the delivery pipeline. Arguments of `pulumi up` may follow."""
    return pulumi(_pipeline, "up", "--stack", "main", *ctx.args)


def _pipeline(project: Project) -> Path:
    return project.pipeline

"""`context preview|deploy`: deployments of the context by Pulumi's CLI, from a person's terminal."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from typer import Argument, Context

from ...configuration.project import Project, ProjectError
from ..command.installed import repository
from ..command.output import fail
from .package import package

Stack = Annotated[str, Argument(help="the Pulumi stack, such as dev")]


def preview(ctx: Context, stack: Stack) -> int:
    """Build the functions, and show the changes of a deployment. Arguments of `pulumi preview` may follow.

    Examples:
      context preview dev
    """
    return package() or pulumi(_service, "preview", "--diff", "--stack", stack, *ctx.args)


def deploy(ctx: Context, stack: Stack) -> int:
    """Build the functions, and deploy a stack. New versions take traffic with `context rollout start`.

    Arguments of `pulumi up` may follow.

    Examples:
      context deploy dev
    """
    return package() or pulumi(_service, "up", "--stack", stack, *ctx.args)


def _service(project: Project) -> Path:
    return project.service


def pulumi(program: Callable[[Project], Path], *words: str) -> int:
    """Run Pulumi's CLI for a program of the current repository, and return its exit status."""
    found = shutil.which("pulumi")
    if found is None:
        return fail("The Pulumi CLI is not on the PATH: see https://www.pulumi.com/docs/install/.")
    try:
        folder = program(repository())
    except ProjectError as error:
        return fail(str(error))
    return subprocess.run([found, *words, "--cwd", str(folder)], check=False).returncode  # noqa: S603

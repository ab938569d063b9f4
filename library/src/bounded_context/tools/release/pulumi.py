"""`context preview`: the changes of a deployment, by Pulumi's CLI from a person's terminal."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from typer import Argument, Context

from ...configuration.project import Project, ProjectError
from ..command.installed import repository
from ..command.output import fail
from ..command.pulumi import MISSING
from .package import package

Stack = Annotated[str, Argument(help="the Pulumi stack, such as dev")]


def preview(ctx: Context, stack: Stack) -> int:
    """Build the functions, and show the changes of a deployment. Arguments of `pulumi preview` may follow.

    Examples:
      context preview dev
    """
    return pulumi(service, "preview", "--diff", "--stack", stack, *ctx.args, build=package)


def service(project: Project) -> Path:
    """Return the folder of the context's program."""
    return project.service


def pulumi(program: Callable[[Project], Path], *words: str, build: Callable[[], int] = int) -> int:
    """Run Pulumi's CLI for a program of the current repository after `build`, and return the exit status."""
    found = shutil.which("pulumi")
    if found is None:
        return fail(f"{MISSING}.")
    try:
        folder = program(repository())
    except ProjectError as error:
        return fail(str(error))
    return build() or subprocess.run([found, *words, "--cwd", str(folder)], check=False).returncode  # noqa: S603

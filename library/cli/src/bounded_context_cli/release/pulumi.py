"""`context preview`: the changes of a deployment, by Pulumi's CLI from a person's terminal."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from typer import Argument, Context

from bounded_context_infra.configuration.project import Project, ProjectError

from ..command.installed import repository
from ..command.output import fail
from ..command.pulumi import MISSING, released
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
    return build() or _run([found, *words, "--cwd", str(folder)], folder)


def _run(command: list[str], folder: Path) -> int:
    """Run Pulumi, which records its events. A protected resource that it refuses to delete is named, with commands."""
    # Pulumi's own Automation API sets this variable, with which the CLI accepts `--event-log`.
    variables = {**os.environ, "PULUMI_DEBUG_COMMANDS": "true"}
    with TemporaryDirectory() as scratch:
        log = Path(scratch) / "events"
        status = subprocess.run([*command, "--event-log", str(log)], env=variables, check=False).returncode  # noqa: S603
        lines = log.read_text().splitlines() if status and log.exists() else []
    events = (json.loads(line).get("diagnosticEvent") for line in lines)
    messages = "".join(event["message"] for event in events if event)
    sys.stderr.writelines(f"{line}\n" for line in released(messages, command[command.index("--stack") + 1], folder))
    return status

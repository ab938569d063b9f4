"""`context deploy` and `context preview`: a deployment by Pulumi's CLI, from a person's terminal."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from typer import Argument, Context, Option

from bounded_context_cli.command.console import Consoles
from bounded_context_cli.command.installed import repository
from bounded_context_cli.command.operation import Access, Stack, operate
from bounded_context_cli.command.output import fail
from bounded_context_cli.command.pulumi import MISSING, NoStack, read_outputs, released
from bounded_context_cli.command.values import reason
from bounded_context_cli.package import package
from bounded_context_infra.configuration.project import Project, ProjectError

from .rollout.survey import refuse_shift

PreviewedStack = Annotated[str, Argument(help="the Pulumi stack, such as dev")]


def preview(ctx: Context, stack: PreviewedStack) -> int:
    """Build the functions, and show the changes of a deployment. Arguments of `pulumi preview` may follow.

    Examples:
      context preview dev

    Exit status:
      0  the changes are printed
      1  the functions could not be built, Pulumi is missing, or it failed; its own status is passed on
      2  refused: no such stack
    """
    return pulumi(service, "preview", "--diff", "--stack", stack, *ctx.args, build=package)


def service(project: Project) -> Path:
    """Return the folder of the context's program."""
    return project.service


def pulumi(program: Callable[[Project], Path], *words: str, build: Callable[[], int] = int) -> int:
    """Run Pulumi's CLI for a program of the current repository after `build`, and return the exit status."""
    executable = shutil.which("pulumi")
    if executable is None:
        return fail(f"{MISSING}.")
    try:
        folder = program(repository())
    except ProjectError as error:
        return fail(str(error))
    return build() or _run([executable, *words, "--cwd", str(folder)], folder)


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


_ATTEMPTS = 9
"""The attempts of a call."""


def deploy(
    ctx: Context,
    stack: Stack,
    during_shift: Annotated[
        str | None,
        Option(parser=reason, metavar="WHY", help="emergency: deploy during a shift of traffic, for this reason"),
    ] = None,
) -> int:
    """Build the functions, and deploy a stack. New versions take traffic with `context rollout start`.

    Refused while traffic of the stack is being shifted. Not refused while a repair has paused the stack: Pulumi writes
    only what differs from its state, which has no pause. Arguments of `pulumi up` may follow; `--refresh` would end it.

    Examples:
      context deploy dev
      context deploy dev --during-shift 'ticket 4711'      although traffic is being shifted

    Exit status:
      2  refused before anything changed
    """
    if during_shift:
        message = ("--message", f"during a shift: {during_shift}")
        return pulumi(service, "up", "--stack", stack, *message, *ctx.args, build=package)
    settled = _check_settled(Access.of(ctx, _ATTEMPTS), stack)
    return settled or pulumi(service, "up", "--stack", stack, *ctx.args, build=package)


def _check_settled(access: Access, stack: str) -> int:
    """Return 0 if no traffic of the stack is being shifted; otherwise print the reason, and return 2."""

    def act() -> int:
        refuse_shift(stack, _outputs(stack), access, "pass --during-shift WHY")
        return 0

    # Without Pulumi's CLI, the deployment itself prints the remedy.
    return operate(Consoles(as_json=False), stack, "deploy", act) if shutil.which("pulumi") else 0


def _outputs(stack: str) -> Any:
    try:
        return read_outputs(stack, repository().service, None)
    except NoStack:
        return {}

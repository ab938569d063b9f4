"""`context smoke-account`: deploys a temporary stack on a real account, tests it and destroys it.

The stack is a sandbox: it has the settings of `dev` without SFTP, alarms and protection. The test uploads ten rows to
the bucket. Every subscriber's queue must receive ten events, and all dead-letter queues must stay empty. A version that
cannot start must be rolled back, and a working version must take all traffic. The stack is always destroyed at the end,
also after a failure or Ctrl-C.

`--emulator` runs the same steps on the embedded AWS of this machine, with the deployer of `context run`. It omits the
Pulumi CLI, and the properties that only an account can show (`context docs account`).

The caller needs the permissions of a deployment (`context permissions deploy sandbox`) and of a rollout (`context
permissions shift sandbox`), and `lambda:GetAccountSettings`. On the stack's resources, the caller needs `s3:PutObject`
and `s3:GetObject` in the inbox, `sqs:ReceiveMessage`, `sqs:DeleteMessage` and `sqs:GetQueueAttributes`,
`states:ListExecutions`, `dynamodb:GetItem`, `dynamodb:BatchWriteItem` and `dynamodb:BatchGetItem`, and the use of its
key.
"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from bounded_context_cli.command.console import Consoles
from bounded_context_cli.command.installed import repository
from bounded_context_cli.command.operation import interrupt_once
from bounded_context_cli.command.output import INTERRUPTED, REFUSED
from bounded_context_infra.configuration.project import Project, ProjectError

if TYPE_CHECKING:
    from .steps import SmokeStep, Steps
    from .worlds import World


def smoke_account(
    name: Annotated[str | None, Argument(help="a name that no sandbox has, such as smoke")] = None,
    emulator: Annotated[bool, Option("--emulator", help="on the embedded AWS of this machine")] = False,
    as_json: Annotated[bool, Option("--json", help="print a JSON report; progress goes to standard error")] = False,
) -> int:
    """Deploy a temporary stack, import ten rows, release a bad and a good version, and destroy the stack.

    Examples:
      context smoke-account smoke          on the account of your credentials, as the stack sandbox-smoke
      context smoke-account --emulator     on the embedded AWS of this machine
      context smoke-account smoke --json   JSON

    Exit status:
      0    all steps passed
      1    a step failed
      2    refused before anything changed
      130  Ctrl-C; the stack is destroyed
    """
    if emulator == (name is not None):
        raise typer.BadParameter("write either the name of a stack or --emulator")
    # Imported here for a fast help.
    from bounded_context_cli.command.aws_errors import AWS_ERRORS, Refusal, sentence

    from .worlds import Account, Emulated

    interrupt_once()
    screen = SmokeScreen(as_json=as_json)
    try:
        project = repository()
        world = Emulated(project) if name is None else Account(project, name)
        screen.tell(f"{world.stack} on {world.check()}: it is created, tested and destroyed.")
    except (Refusal, ProjectError, *AWS_ERRORS) as error:
        screen.refuse(name or "", sentence(error, "deploy"))
        return REFUSED
    except KeyboardInterrupt:
        screen.fail("Interrupted before anything was changed.")
        return INTERRUPTED
    return _smoke(world, project, screen)


def _smoke(world: "World", project: Project, screen: "SmokeScreen") -> int:
    from .steps import Steps, smoke

    steps, interrupted = Steps(screen.show), False
    try:
        smoke(world, project.context, steps)
    except KeyboardInterrupt:
        interrupted = True
    screen.end(world.stack, steps, interrupted=interrupted)
    return INTERRUPTED if interrupted else int(not steps.passed)


class SmokeScreen(Consoles):
    """A line for each step, on standard error with `--json`."""

    def show(self, step: "SmokeStep") -> None:
        """Print a completed step."""
        line = f"{'✓' if step.passed else '✗'} {step.name:<13}{step.seconds:7.1f} s  {step.message}"
        (self._progress if self._as_json else self._out).print(line, markup=False, soft_wrap=True)

    def end(self, stack: str, steps: "Steps", *, interrupted: bool) -> None:
        """Print the result of the test."""
        result = "interrupted" if interrupted else "passed" if steps.passed else "failed"
        if self._wrote({"stack": stack, "result": result, "steps": [asdict(step) for step in steps.completed]}):
            return
        if interrupted:
            self.fail(f"{stack}: interrupted.")
        elif result == "failed":
            self.fail(f"{stack}: {', '.join(step.name for step in steps.completed if not step.passed)} failed.")

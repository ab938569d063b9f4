"""`context reproduce`: a failed call of a stack, repeated on this machine."""

import json
import sys
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import boto3
import typer
from typer import Argument, Option

from bounded_context_cli.command.console import Consoles, RepairState
from bounded_context_cli.command.installed import installed_packages, repository
from bounded_context_cli.command.operation import Access, Outputs, operate
from bounded_context_cli.command.operation import Stack as StackName
from bounded_context_cli.command.pulumi import read_outputs
from bounded_context_infra.configuration.project import Project
from bounded_context_operations.repair.erase.stores import ErasureStack
from bounded_context_operations.repair.report import identity

from .call import FailedCall, call_of_dead_letter, call_of_list, call_of_trace
from .production import Production

_CALLS: Final = {"message": call_of_dead_letter, "list": call_of_list, "trace": call_of_trace}
_SERVICES: Final = ("dynamodb", "lambda", "s3", "sqs")


def reproduce(
    ctx: typer.Context,
    stack: StackName,
    kind: Annotated[Literal["message", "list", "trace"], Argument(help="the kind of failure")],
    wanted: Annotated[
        str,
        Argument(
            parser=identity,
            metavar="ID",
            help="the id of a dead letter or of its event, of a failed list, or of a trace",
        ),
    ],
    test: Annotated[bool, Option("--test", help="write a regression test of a failure into tests/reproduced")] = False,
    debug: Annotated[bool, Option("--debug", help="stop at the failing line, in Python's debugger")] = False,
    outputs_file: Outputs = None,
) -> int:
    """Repeat a failed call of a stack on this machine, with the items and objects that the function reads.

    Personal fields are masked. The function's code is the code in this repository: check out the deployed version. The
    answer is on standard output. The command writes nothing to the stack. It first prints a repair that has paused the
    stack, whose items may change meanwhile.

    Examples:
      context reproduce prod message 3f1c9f0e-6f0b-4a6e-a6c1-1d2b7c1f0a55
      context reproduce prod list 7dfe979249f93c38ef874397a3ab78e8
      context reproduce prod list 7dfe979249f93c38ef874397a3ab78e8 --test --debug
      context reproduce prod trace 1-6b0a399f-10755ad725f08f8d0ec38fc4

    Exit status:
      0    the function answered: the failure was not reproduced
      1    the function failed, or the embedded AWS could not be started
      2    refused before the call
      130  Ctrl-C
    """
    # A session of its own: the function's clients use boto3's default session, which caches credentials.
    access, screen = Access.of(ctx, 5, boto3.Session()), Consoles(as_json=False)

    def act() -> int:
        project = repository()
        outputs = read_outputs(stack, project.service, outputs_file)
        production = _production(project, stack, outputs, access)
        state = RepairState(stack, "reproduce", access.clock.now(), outputs_file)
        if line := state.read(production.clients["dynamodb"], production.stack.table).line:
            screen.tell(line)
        return _reproduce(project, production, _CALLS[kind](production, wanted), stack if test else None, debug=debug)

    return operate(screen, stack, "reproduce", act)


def _production(project: Project, name: str, outputs: Mapping[str, Any], access: Access) -> Production:
    stack = ErasureStack.of(name, outputs)
    connect = access.clients_of(stack.dead_letters.region)
    clients = {service: connect(service) for service in _SERVICES}
    return Production(stack, outputs["functions"], project.context, clients, access.clock)


def _reproduce(project: Project, production: Production, call: FailedCall, tested: str | None, *, debug: bool) -> int:
    # The imports take seconds, and refusals do not need them.
    with installed_packages():
        from ..live.function import own_frames
        from ..run.screen import RunScreen, exit_status
        from ..running.start import running_context
        from . import execution
        from .execution import execute, stop_at

    screen = RunScreen(quiet=False)

    def act() -> int:
        with running_context(project, screen.stage) as running:
            outcome = execute(running, production, call)
            if outcome.failed and outcome.cause:
                own_frames(type(outcome.cause), outcome.cause, outcome.cause.__traceback__)
                if debug:
                    stop_at(outcome.cause, project.sources)
        sys.stdout.write(json.dumps(outcome.answer, indent=2, ensure_ascii=False) + "\n")
        if tested and outcome.failed:
            screen.tell(f"Wrote {execution.write(project.root, tested, production, call, outcome)}")
        screen.tell(f"{outcome.function} {'failed: reproduced' if outcome.failed else 'answered: not reproduced'}")
        return int(outcome.failed)

    return exit_status(act, screen)

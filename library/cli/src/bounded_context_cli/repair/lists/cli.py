"""`context list`: the lists of a stack."""

from typing import Annotated

import typer
from typer import Argument, Option

from ...command.installed import repository
from ...command.operation import Access, AsJson, Outputs, operate
from ...command.operation import Stack as StackName
from ...command.repair import RepairState
from ...command.signals import interrupt_once
from ..identity import identity
from ..report import command_line
from . import stack as stacks
from .run import Run
from .screen import Screen


def close(
    ctx: typer.Context,
    stack: StackName,
    list_id: Annotated[
        str, Argument(parser=identity, metavar="ID", help="the id of the list, from its item LIST#<id>")
    ],
    go: Annotated[bool, Option("--go", help="undo and close the list; by default, only print the effect")] = False,
    outputs_file: Outputs = None,
    as_json: AsJson = False,
) -> int:
    """Undo and close a list whose workflow has ended, and cannot be redriven.

    The rows that the list created are deleted, with an event for each. The partner's report is written, and the event
    of the failed list is published. An interrupted run continues when the command runs again.

    Refused with --go while a repair has paused the stack: both would write the rows and the record of the list.

    Examples:
      context list close prod 7dfe979249f93c38ef874397a3ab78e8        print the effect
      context list close prod 7dfe979249f93c38ef874397a3ab78e8 --go   undo and close the list

    Exit status:
      0    done
      1    stopped: run the command again
      2    refused before anything changed, such as for a closed list or a running execution
      130  Ctrl-C
    """
    access, screen = Access.of(ctx, 5), Screen(as_json=as_json)

    def act() -> int:
        project = repository()
        found = stacks.read(stack, project.service, outputs_file)
        connect = access.clients_of(found.region)
        state = RepairState(stack, "close", access.clock.now(), outputs_file)
        screen.show_repair(state.read(connect("dynamodb"), found.table), writes=go)
        run = Run(project.context, found, list_id, connect, access.clock, screen.tell)
        report = run.go() if go else run.look()
        screen.show(report, {"stack": stack}, command_line("list", "close", stack, list_id, outputs=outputs_file))
        return report.exit_status

    interrupt_once()
    return operate(screen, stack, "close", act)

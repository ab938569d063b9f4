"""`context erase`: the personal data of one aggregate."""

from typing import Annotated, Any

import typer
from typer import Argument, Option

from bounded_context.declaration.context import Context

from ...command.aws_errors import INTERRUPTED, Refused
from ...command.clock import Clock
from ...command.installed import repository
from ...command.operation import Access, AsJson, Clients, Outputs, operate
from ...command.operation import Stack as StackName
from ...command.repair import RepairState
from ..identity import identity as id_of
from ..report import command_line
from ..second_tables import names
from . import stack as stacks
from .bucket import Bucket
from .dead_letters import DeadLetters
from .expiries import expiries
from .given_up import GivenUp
from .inbox import Inbox
from .lists import Lists
from .person import Person
from .place import Store
from .run import run
from .screen import Screen
from .stack import Stack
from .table import SecondTable, Table


def erase(
    ctx: typer.Context,
    stack: StackName,
    identity: Annotated[str, Argument(parser=id_of, metavar="ID", help="the identity of the aggregate")],
    go: Annotated[bool, Option("--go", help="erase; by default, only search")] = False,
    keep: Annotated[bool, Option("--keep", help="keep the aggregate without its personal data")] = False,
    outputs_file: Outputs = None,
    as_json: AsJson = False,
) -> int:
    """Erase the personal data of one aggregate in every store of a stack.

    It also searches the second tables of restores and of other epochs. It reports the objects that name the ID outside
    of a row, and the files that it cannot search: a person judges them. The search runs for an unknown ID too. An
    interrupted run continues when the command runs again.

    Refused with --go while a repair has paused the stack: it would write the erased data again, from its second table.

    Examples:
      context erase prod p-4711                search all stores
      context erase prod p-4711 --go           delete the aggregate, and erase its personal data everywhere
      context erase prod p-4711 --keep --go    keep the aggregate without its personal data

    Exit status:
      0    done
      1    data is left, an object names the ID elsewhere, or an object or a store could not be searched
      2    refused before anything changed
      130  Ctrl-C
    """
    access, screen = Access.of(ctx, 5), Screen(as_json=as_json)

    def act() -> int:
        project = repository()
        person = _person(project.context, identity)
        found = stacks.read(stack, project.service, outputs_file)
        connect = access.clients_of(found.dead_letters.region)
        state = RepairState(stack, "erase", access.clock.now(), outputs_file)
        screen.show_repair(state.read(connect("dynamodb"), found.table), writes=go)
        stores = _stores(found, project.context, person, connect, access.clock, keep)
        try:
            report = run(stores, go=go)
            report.add_expiries(expiries(found, connect, access.clock))
        except KeyboardInterrupt:
            screen.fail("Interrupted. Run the command again: it searches every store anew.")
            return INTERRUPTED
        command = command_line("erase", stack, identity, keep=keep, outputs=outputs_file)
        screen.show(report, {"stack": stack, "id": identity}, command)
        return report.exit_status

    return operate(screen, stack, "erase", act)


def _person(context: Context[Any], identity: str) -> Person:
    if not context.personal:
        raise Refused(
            f"{context.details.__name__} marks no field as Personal: write `Annotated[Text, Personal]` for each field"
            " with a person's data (`context docs personal`)."
        )
    return Person(context.identity, identity, context.personal)


def _stores(
    stack: Stack, context: Context[Any], person: Person, connect: Clients, clock: Clock, keep: bool
) -> list[Store]:
    tables, objects, queues = connect("dynamodb"), connect("s3"), connect("sqs")
    lists = Lists(tables, stack.table)
    key, known = context.key_prefix + person.id, frozenset(context.details.model_fields)
    seconds = names(tables, stack.table)
    return [
        Table(tables, stack.table, lists, person, clock, key, known, keep),
        *(SecondTable(tables, name, lists, person, clock, key, known, keep, name) for name in seconds),
        *([Inbox(Bucket(objects, stack.inbox), lists, person, clock)] if stack.inbox else []),
        GivenUp(connect("lambda"), objects, stack.readers, person),
        *(DeadLetters(queues, queue, person, clock) for queue in stack.dead_letters.queues),
    ]

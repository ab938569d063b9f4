"""Erasure of the personal data of one aggregate, in every store of a stack.

`context erase STACK ID [--keep] [--go]`. The declaration marks personal fields: ``Annotated[Text, Personal]``.

- It reports, and does not erase, each object that names the id outside of a row of the aggregate, and each file that it
  cannot search: a person judges them.
- **Without `--go`** it searches every store, and prints the number of places with personal data.
- **With `--go`** it erases them, searches every store again, and prints the places that are left. Stores that
  cannot be changed, such as backups, are listed with the date on which they expire.

The order of the steps makes every interruption harmless, and each run searches anew: after kill -9, run the command
again.

1. The item gets the fields' values after the erasure and the mark `erased_at` in one conditional write; then it is
   deleted, unless `--keep` is set. The events of both changes have no personal data, and the member `erasure`.
2. Stored answers of commands are masked, so that a repeated command gets an answer and has no second effect.
3. Reports and staged rows are deleted before the partner's files, which name their lines.
4. Batches of changes and dead letters are replaced by masked copies: first the copy is stored, then the original is
   deleted. A redrive therefore publishes no personal data.

Exit status:

- 0: every place is erased, or the search without `--go` is complete.
- 1: places are left or reported, or a store could not be searched.
- 2: the command was refused before any change.
- 130: Ctrl-C.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

import typer
from rich.table import Column, Table
from typer import Argument, Option

from bounded_context.adapters.items import DASHED
from bounded_context.declaration.context import Context
from bounded_context.domain.formats import FileFormat
from bounded_context_cli.command.aws_errors import AWS_ERRORS, INTERRUPTED, Refusal, sentence
from bounded_context_cli.command.console import Consoles, RepairState
from bounded_context_cli.command.installed import repository
from bounded_context_cli.command.operation import Access, Clients, Clock, Outputs, operate
from bounded_context_cli.command.operation import Stack as StackName
from bounded_context_cli.command.output import command_line
from bounded_context_cli.command.values import AsJson
from bounded_context_cli.programs.pulumi_files import stack_file
from bounded_context_cli.views.cost import names
from bounded_context_infra.configuration.project import Project

from .. import report as repair
from ..report import identity as id_of
from . import stores as erasure_stores
from .person import Person
from .records import Inbox, Lists, SecondTable, TableStore
from .stores import Bucket, DeadLetterStore, ErasureStack, Expiry, GivenUp, Place, Store, Unsearched, expiries

_EXPIRIES: Final = "stores that cannot be changed"


@dataclass
class StoreResult:
    """The result of a store: the places that were found and erased, the places that are left, and why.

    `reported` are the places that the command does not erase, since a person must judge them.
    """

    store: str
    found: int = 0
    erased: int = 0
    left: list[dict[str, str]] = field(default_factory=list)
    reported: list[dict[str, str]] = field(default_factory=list)
    unknown: str = ""
    """The reason why the store could not be searched, or empty."""


@dataclass
class ErasureReport(repair.RepairReport):
    """The results by store. `expires` are the stores that cannot be changed."""

    words = ("looked", "erased", "left")

    results: dict[str, StoreResult]
    expires: Sequence[Expiry] = ()

    @property
    def found(self) -> int:
        """The number of places that the first search found."""
        return sum(result.found for result in self.results.values())

    @property
    def complete(self) -> bool:
        """Whether every store was searched, no place is reported, and no place is left after an erasure."""
        results = self.results.values()
        return not any(result.unknown or result.reported or (self.executed and result.left) for result in results)

    def add_expiries(self, expiries: Iterable[Expiry]) -> None:
        """Add the stores that cannot be changed. An AWS error is a result: the erasure has already changed data."""
        try:
            self.expires = [*expiries]
        except AWS_ERRORS as error:
            self.results[_EXPIRIES] = StoreResult(_EXPIRIES, unknown=sentence(error, "erase"))

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON."""
        stores = [vars(result) for result in self.results.values()]
        return {"result": self.result, "stores": stores, "expires": [expiry.as_json() for expiry in self.expires]}


def run(stores: Iterable[Store], *, go: bool) -> ErasureReport:
    """Search the stores. With `go`, erase each place, and search again: the report has the places that are left."""
    report = ErasureReport({name: StoreResult(name) for store in stores for name in store.names}, executed=go)
    for store in stores:
        _search(store, report, _erased if go else _looked_at)
        if go:
            _search(store, report, _add_remaining)
    return report


def _search(store: Store, report: ErasureReport, handle: Any) -> None:
    """Search a store. An error ends this search alone, and is the result of the first of its names."""
    result = report.results[store.names[0]]
    try:
        with closing(store.search()) as places:
            for place in places:
                handle(place, report.results[place.store])
    except (Unsearched, *AWS_ERRORS) as error:
        result.unknown = sentence(error, "erase")


def _looked_at(place: Place, result: StoreResult) -> None:
    if place.erase is None:
        result.reported.append(_why(place, place.waits))
        return
    result.found += 1
    if place.waits:
        result.left.append(_why(place, place.waits))


def _erased(place: Place, result: StoreResult) -> None:
    if place.erase is None:
        return
    result.found += 1
    if not place.waits:
        place.erase()
        result.erased += 1


def _add_remaining(place: Place, result: StoreResult) -> None:
    why = place.waits or "it was written again, or still is: run the command again"
    (result.left if place.erase else result.reported).append(_why(place, why))


def _why(place: Place, why: str) -> dict[str, str]:
    return {"place": place.name, "why": why}


class ErasureScreen(Consoles):
    """The screen of an erasure."""

    def show(self, report: ErasureReport, names: Mapping[str, str], command: str) -> None:
        """Print a report; `command` erases the places that were found."""
        if self._wrote({**names, **report.as_json()}):
            return
        self._out.print(_store_lines(report, " / ".join(names.values())), _expiries(report), sep="\n")
        for result in report.results.values():
            for place in (*result.left, *result.reported):
                self._print(f"{result.store}, {place['place']}: {place['why']}")
            if result.unknown:
                self._print(f"{result.store} could not be searched: {result.unknown}")
        if not report.executed:
            self._print(f"Nothing was changed. To erase {report.found} places: {command}")


def _store_lines(report: ErasureReport, title: str) -> Table:
    counts = ("found", "erased", "left", "reported")
    table = Table(Column("store", no_wrap=True), *counts, title=title, title_justify="left")
    for result in report.results.values():
        remaining = "unknown" if result.unknown else str(len(result.left))
        table.add_row(result.store, str(result.found), str(result.erased), remaining, str(len(result.reported)))
    return table


def _expiries(report: ErasureReport) -> Table:
    table = Table(Column("store that cannot be changed", no_wrap=True), "has the data until at most (UTC)")
    for expiry in report.expires:
        table.add_row(expiry.store, f"{expiry.until:%Y-%m-%d %H:%M}" if expiry.until else "a person deletes it")
    return table


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
    access, screen = Access.of(ctx, 5), ErasureScreen(as_json=as_json)

    def act() -> int:
        project = repository()
        person = _person(project.context, identity)
        stack_outputs = erasure_stores.read_stack(stack, project.service, outputs_file)
        connect = access.clients_of(stack_outputs.dead_letters.region)
        state = RepairState(stack, "erase", access.clock.now(), outputs_file)
        screen.show_repair(state.read(connect("dynamodb"), stack_outputs.table), writes=go)
        stores = _stores(stack_outputs, project, stack, person, connect, access.clock, keep)
        try:
            report = run(stores, go=go)
            report.add_expiries(expiries(stack_outputs, connect, access.clock))
        except KeyboardInterrupt:
            screen.fail("Interrupted. Run the command again: it searches every store anew.")
            return INTERRUPTED
        command = command_line("erase", stack, identity, keep=keep, outputs=outputs_file, go=True)
        screen.show(report, {"stack": stack, "id": identity}, command)
        return report.exit_status

    return operate(screen, stack, "erase", act)


def _person(context: Context[Any], identity: str) -> Person:
    if not context.personal:
        raise Refusal(
            f"{context.details.__name__} marks no field as Personal: write `Annotated[Text, Personal]` for each field"
            " with a person's data (`context docs personal`)."
        )
    return Person(context.identity, identity, context.personal)


def _formats(project: Project, stack: str) -> Mapping[str, FileFormat]:
    """Return the formats of a stack's partners. A stack without a file has none. Raises ProjectError."""
    # The settings import Pulumi.
    from bounded_context_cli.programs.stack_settings import settings_of

    return settings_of(project, stack).formats if stack_file(project.service, stack).exists() else {}


def _stores(
    stack: ErasureStack, project: Project, name: str, person: Person, connect: Clients, clock: Clock, keep: bool
) -> list[Store]:
    context = project.context
    tables, objects, queues = connect("dynamodb"), connect("s3"), connect("sqs")
    lists = Lists(tables, stack.table)
    key, known = context.key_prefix + person.id, frozenset((*context.attributes.values(), *DASHED))
    children = tuple(f"{context.child_prefix(child.name)}{person.id}#" for child in context.children)
    seconds = names(tables, stack.table)
    return [
        TableStore(tables, stack.table, lists, person, clock, key, known, keep, children=children),
        *(SecondTable(tables, name, lists, person, clock, key, known, keep, name, children) for name in seconds),
        *([Inbox(Bucket(objects, stack.inbox), lists, person, clock, _formats(project, name))] if stack.inbox else []),
        GivenUp(connect("lambda"), objects, stack.readers, person),
        *(DeadLetterStore(queues, queue, person, clock) for queue in stack.dead_letters.queues),
    ]

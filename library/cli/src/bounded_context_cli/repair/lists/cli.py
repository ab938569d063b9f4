"""`context list`: the check and the close of a list that its workflow cannot undo."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, cast

import typer
from botocore.exceptions import ClientError
from typer import Argument, Option

from bounded_context.adapters.dynamodb_lists import ListTable
from bounded_context.adapters.s3 import InboxBucket
from bounded_context.adapters.services import Topic
from bounded_context.application.importing import Closing, list_event
from bounded_context.application.ports import Throttled
from bounded_context.declaration.context import Context
from bounded_context.domain.events import fresh_traceparent
from bounded_context.domain.lists import ListStatus, ReceivedList

from ...command.aws_errors import AWS_ERRORS, Refusal, code, sentence
from ...command.console import Consoles
from ...command.installed import repository
from ...command.operation import Access, AsJson, Clients, Clock, Outputs, interrupt_once, operate
from ...command.operation import Stack as StackName
from ...command.repair import RepairState
from .. import report as repair
from ..report import command_line, identity
from .rows import ListStack, RepairTable, Rows, read_stack

_EVERY: Final = 10_000
"""The interval of progress lines, in rows."""

_RUNS: Final = ("RUNNING", "PENDING_REDRIVE")


class Unpublished(Exception):
    """SNS refused the event of the list. The list is not closed."""


@dataclass(frozen=True)
class Execution:
    """The execution of a list. Without a status, its history is deleted."""

    arn: str
    status: str = ""
    error: str = ""
    redrivable: bool = False


@dataclass
class CloseReport(repair.RepairReport):
    """The list's status, its execution, and the number of its rows: found, or deleted by a run."""

    words = ("looked", "closed", "incomplete")

    list_id: str
    status: str
    execution: Execution
    rows: int = 0

    @property
    def complete(self) -> bool:
        """Whether the list is closed, or only a plan was requested."""
        return not self.executed or self.status in (ListStatus.REJECTED, ListStatus.FAILED)

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON."""
        return {
            "list_id": self.list_id,
            "result": self.result,
            "status": self.status,
            "execution": self.execution.status,
            "redrivable": self.execution.redrivable,
            "rows": self.rows,
            "stopped": self.stopped,
        }


@dataclass
class CloseRun:
    """A run on one list. Raises Refusal, ClientError and BotoCoreError before the first change."""

    context: Context[Any]
    stack: ListStack
    list_id: str
    clients: Clients
    clock: Clock
    tell: Callable[[str], None]

    def __post_init__(self) -> None:
        dynamodb = self.clients("dynamodb")
        self._rows = Rows(self.context, dynamodb, self.stack.table, self._count)
        self._lists = ListTable(cast("Any", RepairTable(dynamodb, self.stack.table)))
        self._deleted = 0

    def look(self) -> CloseReport:
        """Return the status of the list and of its execution, and the number of its rows. Raises Refusal."""
        received, execution = self._open_list()
        rows = self._rows.count(self.list_id)
        return CloseReport(self.list_id, received.status.value, execution, rows, executed=False)

    def go(self) -> CloseReport:
        """Undo and close the list. Raises Refusal."""
        received, execution = self._open_list()
        report = CloseReport(self.list_id, received.status.value, execution)
        files = InboxBucket(self.clients("s3"), self.stack.inbox)
        closing = Closing(self.context, self._lists, files, self._rows, self._publish, self.clock.sleep)
        try:
            report.status = closing.close(self.list_id, execution.error).status.value
        except KeyboardInterrupt:
            report.interrupted = True
        except (*AWS_ERRORS, Throttled, Unpublished) as error:
            report.stopped = sentence(error, "close")
        report.rows = self._deleted
        return report

    def _count(self, rows: int) -> None:
        before, self._deleted = self._deleted, self._deleted + rows
        if before // _EVERY < self._deleted // _EVERY:
            self.tell(f"{self._deleted} rows deleted")

    def _publish(self, closed: ReceivedList) -> None:
        event = list_event(self.context, closed, fresh_traceparent())
        if Topic(self.clients("sns"), self.stack.topic_arn).publish([event]):
            raise Unpublished("SNS did not publish the event of the list: run the command again.")

    def _open_list(self) -> tuple[ReceivedList, Execution]:
        """Return the list and its execution. Raises Refusal if the list is unknown, closed, or still runs."""
        try:
            received = self._lists.get(self.list_id)
        except LookupError:
            where = f"{self.stack.name} has no list {self.list_id}"
            raise Refusal(f"{where}: write the id of an item LIST#<id> of {self.stack.table}.") from None
        if received.closed:
            raise Refusal(f"list {self.list_id} is {received.status}: {self._after_close(received)}")
        execution = self._execution(received.execution)
        if execution.status in _RUNS:
            stop = f"aws stepfunctions stop-execution --execution-arn {execution.arn}"
            where = f"list {self.list_id} is {received.status}, and its execution is {execution.status}"
            raise Refusal(f"{where}: wait for its end, or end it with `{stop}`.")
        if received.awaits_scan:
            file = f"Bucket={received.file.bucket},Key={received.file.key},VersionId={received.file.version_id}"
            scan = f"aws guardduty send-object-malware-scan --s3-object {file}"
            raise Refusal(f"list {self.list_id} is {received.status} and awaits its malware scan: start it: `{scan}`.")
        return received, execution

    def _after_close(self, received: ReceivedList) -> str:
        if received.status is ListStatus.IMPORTED:
            return f"`uv run context restore {self.stack.name} --at <time before the list>` compares its rows."
        return f"`aws s3 cp s3://{self.stack.inbox}/{received.file.report_key} -` prints the partner's report."

    def _execution(self, arn: str) -> Execution:
        """Return an execution. Step Functions deletes its history 90 days after its end."""
        try:
            description = self.clients("stepfunctions").describe_execution(executionArn=arn)
        except ClientError as error:
            if code(error) != "ExecutionDoesNotExist":
                raise
            return Execution(arn)
        # An emulator may have no redrives.
        redrivable = description.get("redriveStatus") == "REDRIVABLE"
        return Execution(arn, description["status"], description.get("error", ""), redrivable)


class CloseScreen(Consoles):
    """The screen of a list."""

    def show(self, report: CloseReport, names: Mapping[str, str], command: str) -> None:
        """Print a report; `command` executes a plan, or continues a run that did not end."""
        if self._wrote({**names, **report.as_json()}):
            return
        place = " / ".join((*names.values(), report.list_id))
        self._print(f"{place}: {report.result}. The list is {report.status}, {self._of_execution(report)}.")
        if not report.executed:
            self._print(f"Nothing was changed. To delete {report.rows} rows and close the list: {command}")
            return
        self._print(f"{report.rows} rows deleted.")
        if report.stopped:
            self.fail(report.stopped)
        if not report.complete:
            self._print(f"To continue: {command}")

    def _of_execution(self, report: CloseReport) -> str:
        execution = report.execution
        if execution.redrivable:
            redrive = f"aws stepfunctions redrive-execution --execution-arn {execution.arn}"
            return f"its execution is {execution.status}, and a redrive may import it: {redrive}"
        return f"its execution is {execution.status or 'no longer recorded'}"


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
    access, screen = Access.of(ctx, 5), CloseScreen(as_json=as_json)

    def act() -> int:
        project = repository()
        stack_outputs = read_stack(stack, project.service, outputs_file)
        connect = access.clients_of(stack_outputs.region)
        state = RepairState(stack, "close", access.clock.now(), outputs_file)
        screen.show_repair(state.read(connect("dynamodb"), stack_outputs.table), writes=go)
        run = CloseRun(project.context, stack_outputs, list_id, connect, access.clock, screen.tell)
        report = run.go() if go else run.look()
        screen.show(report, {"stack": stack}, command_line("list", "close", stack, list_id, outputs=outputs_file))
        return report.exit_status

    interrupt_once()
    return operate(screen, stack, "close", act)

"""`context list`: the check and the close of a list that its workflow can no longer undo.

`context list close STACK ID [--go]`. The command is for a list whose execution has ended before the list was closed,
and cannot be redriven: its staged parts are deleted, or the execution ended more than 14 days ago.

- **Without `--go`** it prints the status of the list and of its execution, and counts the list's rows.
- **With `--go`** it undoes the list (`closing.py`): it deletes the list's rows, writes the
  partner's report, publishes the event, and closes the list. The relay publishes an event for each deleted row.

The rows come from the index `by_list`, in passes until a pass after a pause finds no row. A context without this index
reads the whole table, with consistent reads. Rows that existed before the list, and rows that were created anew after a
deletion, do not belong to the list and stay.

Every step can be repeated: after kill -9, run the command again.

Exit status:

- 0: the list is closed, or the plan is printed.
- 1: the run stopped, and rows may be left: run the command again.
- 2: the command was refused before any change, such as for a closed list or a running execution.
- 130: Ctrl-C.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Self, cast

import typer
from botocore.exceptions import ClientError
from typer import Argument, Option

from bounded_context.adapters.conditional import is_throttling, patiently
from bounded_context.adapters.dynamodb_lists import ListTable
from bounded_context.adapters.items import KEY, LIST_SHARD, shard
from bounded_context.adapters.s3 import InboxBucket
from bounded_context.adapters.services import Topic
from bounded_context.application.importing import list_event
from bounded_context.application.ports import Throttled
from bounded_context.declaration.context import Context
from bounded_context.declaration.structure import INDEX_SHARDS
from bounded_context.domain.events import fresh_traceparent
from bounded_context.domain.lists import ListStatus, ReceivedList
from bounded_context_cli.command.aws_errors import AWS_ERRORS, Refusal, code, sentence
from bounded_context_cli.command.console import Consoles, RepairState
from bounded_context_cli.command.installed import repository
from bounded_context_cli.command.operation import Access, Clients, Clock, Outputs, interrupt_once, operate
from bounded_context_cli.command.operation import Stack as StackName
from bounded_context_cli.command.output import command_line
from bounded_context_cli.command.pulumi import parsed, read_outputs, refuse_others
from bounded_context_cli.command.values import AsJson

from . import report as repair
from .closing import Closing
from .notation import as_stored, plain
from .report import identity

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


_AT_ONCE: Final = 100
"""Actions of a transaction (DynamoDB API reference, TransactWriteItems)."""

_FAILED: Final = "ConditionalCheckFailed"
_PASSING: Final = {"None", _FAILED, "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
"""The reasons of a canceled transaction that may succeed later (DynamoDB API reference, TransactWriteItems, Errors)."""


@dataclass(frozen=True)
class RepairTable:
    """The calls of boto3's table resource that `bounded_context.adapters.dynamodb_lists` makes, through a client."""

    client: "DynamoDBClient"
    name: str

    def get_item(self, *, Key: Mapping[str, Any], **request: Any) -> dict[str, Any]:  # noqa: N803
        """Return an item with Python's values."""
        answer: Any = self.client.get_item(TableName=self.name, Key=as_stored(Key), **request)
        return {"Item": plain(answer["Item"])} if "Item" in answer else {}

    def update_item(
        self,
        *,
        Key: Mapping[str, Any],  # noqa: N803
        ExpressionAttributeValues: Mapping[str, Any],  # noqa: N803
        **request: Any,
    ) -> dict[str, Any]:
        """Update an item, and return its attributes with Python's values."""
        typed = {"Key": as_stored(Key), "ExpressionAttributeValues": as_stored(ExpressionAttributeValues)}
        answer: Any = self.client.update_item(TableName=self.name, **typed, **request)
        return {"Attributes": plain(answer.get("Attributes", {}))}


@dataclass(frozen=True)
class Rows:
    """The rows of lists. `deleted` is called with the number of rows after each transaction."""

    context: Context[Any]
    client: "DynamoDBClient"
    table: str
    deleted: Callable[[int], None]

    def of_list(self, list_id: str) -> Iterator[Sequence[str]]:
        """Yield the identities of a list's rows, at most 100 at a time. Recent writes may be missing in the index."""
        for page in self._pages(list_id, ProjectionExpression=KEY):
            rows = [item[KEY]["S"].removeprefix(self.context.key_prefix) for item in page["Items"]]
            for start in range(0, len(rows), _AT_ONCE):
                yield rows[start : start + _AT_ONCE]

    def count(self, list_id: str) -> int:
        """Return the number of a list's rows."""
        return sum(page["Count"] for page in self._pages(list_id, Select="COUNT"))

    def undo_rows(self, list_id: str, identities: Sequence[str]) -> None:
        """Delete the aggregates of the given identities that this list created, and keep the others."""
        remaining = list(identities)
        # A transaction writes all items or no item: it is repeated without the items that are not this list's.
        while remaining and (others := patiently(partial(self._delete, list_id, remaining), _passes)):
            remaining = [identity for index, identity in enumerate(remaining) if index not in others]
        self.deleted(len(remaining))

    def _delete(self, list_id: str, identities: Sequence[str]) -> set[int]:
        """Delete all items, or no item; return the indexes of the items that are not the list's."""
        deletions: Any = [
            {
                "Delete": {
                    "TableName": self.table,
                    "Key": {KEY: {"S": self.context.key_prefix + identity}},
                    "ConditionExpression": f"attribute_not_exists({KEY}) OR list_id = :list_id",
                    "ExpressionAttributeValues": {":list_id": {"S": list_id}},
                }
            }
            for identity in identities
        ]
        try:
            self.client.transact_write_items(TransactItems=deletions)
        except ClientError as error:
            reasons = _reasons(error)
            if set(reasons) - {"None"} != {_FAILED}:
                raise
            return {index for index, reason in enumerate(reasons) if reason == _FAILED}
        return set()

    def _pages(self, list_id: str, **arguments: Any) -> Iterator[Any]:
        if "by_list" not in self.context.indexes:
            yield from self._whole_table(list_id, arguments)
            return
        for number in range(INDEX_SHARDS):
            values = {":keys": {"S": shard(list_id, number)}}
            condition = {"KeyConditionExpression": f"{LIST_SHARD} = :keys", "ExpressionAttributeValues": values}
            yield from _read(self.client.query, TableName=self.table, IndexName="by_list", **condition, **arguments)

    def _whole_table(self, list_id: str, arguments: Mapping[str, Any]) -> Iterator[Any]:
        values = {":list_id": {"S": list_id}, ":prefix": {"S": self.context.key_prefix}}
        condition = f"list_id = :list_id AND begins_with({KEY}, :prefix)"
        filtered = {"FilterExpression": condition, "ExpressionAttributeValues": values, "ConsistentRead": True}
        yield from _read(self.client.scan, TableName=self.table, **filtered, **arguments)


def _read(read: Callable[..., Any], **request: Any) -> Iterator[Any]:
    while True:
        page = read(**request)
        yield page
        if not (last := page.get("LastEvaluatedKey")):
            return
        request["ExclusiveStartKey"] = last


def _reasons(error: ClientError) -> list[str]:
    response: Any = error.response
    return [str(reason.get("Code")) for reason in response.get("CancellationReasons", ())]


def _passes(error: Exception) -> bool:
    reasons = _reasons(error) if isinstance(error, ClientError) else []
    return is_throttling(error) or (bool(reasons) and set(reasons) <= _PASSING)


@dataclass(frozen=True)
class ListStack:
    """The table, the inbox, the topic and the state machine of a stack."""

    name: str
    table: str
    inbox: str
    topic_arn: str
    machine: str = ""

    @property
    def region(self) -> str:
        """The region of the stack."""
        return self.topic_arn.split(":")[3]

    @classmethod
    def of(cls, name: str, outputs: Mapping[str, Any]) -> Self:
        """Parse the outputs of the service program. Raises Refusal."""
        refuse_others(outputs["release"]["application"], name)
        if "inbox_bucket" not in outputs:
            raise Refusal(f"{name} has no lists: its context declares none, or its outputs are of another stack.")
        machine = outputs.get("state_machine", "")
        return cls(name, outputs["table_name"], outputs["inbox_bucket"], outputs["topic_arn"], machine)


def read_stack(stack: str, program: Path, file: Path | None) -> ListStack:
    """Return the stack, from the outputs in `file` or from the Pulumi CLI in the program's folder. Raises Refusal."""
    return parsed(lambda outputs: ListStack.of(stack, outputs), read_outputs(stack, program, file))


_EVERY: Final = 10_000
"""The interval of progress lines, in rows."""

RUNS: Final = ("RUNNING", "PENDING_REDRIVE")
"""The statuses of an execution that has not ended."""


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
        execution = execution_of(self.clients("stepfunctions"), received.execution)
        if received.awaits_approval and execution.status in RUNS:
            command = f"uv run context list reject {self.stack.name} {self.list_id} --reason <text>"
            raise Refusal(f"list {self.list_id} waits for its approval: reject it with `{command}`.")
        if execution.status in RUNS:
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


def execution_of(machines: Any, arn: str) -> Execution:
    """Return an execution. Step Functions deletes its history 90 days after its end."""
    try:
        description = machines.describe_execution(executionArn=arn)
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
        screen.show(
            report, {"stack": stack}, command_line("list", "close", stack, list_id, outputs=outputs_file, go=True)
        )
        return report.exit_status

    interrupt_once()
    return operate(screen, stack, "close", act)

"""The check of a list and of its execution, and the run that closes the list."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, cast

from botocore.exceptions import ClientError

from bounded_context.adapters.dynamodb_lists import ListTable
from bounded_context.adapters.s3 import InboxBucket
from bounded_context.adapters.sns import Topic
from bounded_context.application.closing import Closing
from bounded_context.application.list_events import list_event
from bounded_context.application.ports import Throttled
from bounded_context.declaration.context import Context
from bounded_context.domain.lists import ListStatus, ReceivedList
from bounded_context.domain.trace_context import fresh_traceparent

from ...command.aws_errors import AWS_ERRORS, Refused, code, sentence
from ...command.clock import Clock
from ...command.operation import Clients
from .. import report as repair
from .rows import Rows, Table
from .stack import Stack

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
class Report(repair.Report):
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
class Run:
    """A run on one list. Raises Refused, ClientError and BotoCoreError before the first change."""

    context: Context[Any]
    stack: Stack
    list_id: str
    clients: Clients
    clock: Clock
    tell: Callable[[str], None]

    def __post_init__(self) -> None:
        dynamodb = self.clients("dynamodb")
        self._rows = Rows(self.context, dynamodb, self.stack.table, self._count)
        self._lists = ListTable(cast("Any", Table(dynamodb, self.stack.table)))
        self._deleted = 0

    def look(self) -> Report:
        """Return the status of the list and of its execution, and the number of its rows. Raises Refused."""
        received, execution = self._open_list()
        rows = self._rows.count(self.list_id)
        return Report(self.list_id, received.status.value, execution, rows, executed=False)

    def go(self) -> Report:
        """Undo and close the list. Raises Refused."""
        received, execution = self._open_list()
        report = Report(self.list_id, received.status.value, execution)
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
        """Return the list and its execution. Raises Refused if the list is unknown, closed, or still runs."""
        try:
            received = self._lists.get(self.list_id)
        except LookupError:
            where = f"{self.stack.name} has no list {self.list_id}"
            raise Refused(f"{where}: write the id of an item LIST#<id> of {self.stack.table}.") from None
        if received.closed:
            raise Refused(f"list {self.list_id} is {received.status}: {self._after_close(received)}")
        execution = self._execution(received.execution)
        if execution.status in _RUNS:
            stop = f"aws stepfunctions stop-execution --execution-arn {execution.arn}"
            where = f"list {self.list_id} is {received.status}, and its execution is {execution.status}"
            raise Refused(f"{where}: wait for its end, or end it with `{stop}`.")
        if received.awaits_scan:
            file = f"Bucket={received.file.bucket},Key={received.file.key},VersionId={received.file.version_id}"
            scan = f"aws guardduty send-object-malware-scan --s3-object {file}"
            raise Refused(f"list {self.list_id} is {received.status} and awaits its malware scan: start it: `{scan}`.")
        return received, execution

    def _after_close(self, received: ReceivedList) -> str:
        if received.status is ListStatus.IMPORTED:
            return f"`uv run context restore {self.stack.name} --at <time before the list>` compares its rows."
        return f"`aws s3 cp s3://{self.stack.inbox}/{received.file.report_key} -` prints the partner's report."

    def _execution(self, arn: str) -> Execution:
        """Return an execution. Step Functions deletes its history 90 days after its end."""
        try:
            found = self.clients("stepfunctions").describe_execution(executionArn=arn)
        except ClientError as error:
            if code(error) != "ExecutionDoesNotExist":
                raise
            return Execution(arn)
        # An emulator may have no redrives.
        redrivable = found.get("redriveStatus") == "REDRIVABLE"
        return Execution(arn, found["status"], found.get("error", ""), redrivable)

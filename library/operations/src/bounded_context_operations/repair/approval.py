"""`context list`: the decision about lists that wait for an approval, besides `close` (`lists`).

`context list waiting STACK` prints the lists that wait, with their counts and sums. `context list approve STACK ID` and
`context list reject STACK ID --reason TEXT` decide: they write the caller's ARN and the time into the list's record,
under the condition that the list waits, and then send the token in the record to the waiting state. Of two decisions,
the first counts. A run that is killed between both steps is repeated: the token is removed after it is sent.

Exit status:

- 0: the decision is recorded and sent.
- 1: the wait ended before the decision was sent, and the list is rejected.
- 2: the command was refused before any change, such as for a list that does not wait.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, cast

import typer
from botocore.exceptions import ClientError
from typer import Argument, Option

from bounded_context.adapters.dynamodb_lists import ListTable
from bounded_context.adapters.items import KEY, RUN
from bounded_context.adapters.services import Executions
from bounded_context.domain.aggregate import shortened
from bounded_context.domain.lists import NOT_APPROVED, ListStatus, ReceivedList
from bounded_context_cli.command.aws_errors import Refusal, code
from bounded_context_cli.command.console import Consoles
from bounded_context_cli.command.installed import repository
from bounded_context_cli.command.operation import Access, Clients, Clock, Outputs, operate
from bounded_context_cli.command.operation import Stack as StackName
from bounded_context_cli.command.values import AsJson

from .lists import RUNS, ListStack, RepairTable, close, execution_of, read_stack
from .report import identity

__all__ = ["Approvals", "approve", "close", "reject", "waiting"]

_GONE: Final = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")
"""The errors for a token whose state waits no longer (Step Functions API reference, SendTaskSuccess)."""


class Approvals:
    """The lists of a stack that wait for an approval."""

    def __init__(self, stack: ListStack, clients: Clients, clock: Clock) -> None:
        self._stack, self._clients, self._clock = stack, clients, clock
        self._table = RepairTable(clients("dynamodb"), stack.table)
        self._lists = ListTable(cast("Any", self._table))

    def waiting(self) -> Iterator[ReceivedList]:
        """Yield the lists that wait, of all running executions."""
        for execution in Executions(self._clients("stepfunctions"), self._stack.machine).starts():
            run = self._table.get_item(Key={KEY: RUN + execution}).get("Item")
            received = self._lists.get(run["list_id"]) if run else None
            if received and received.awaits_approval:
                yield received

    def decide(self, list_id: str, reason: str = "") -> tuple[bool, ReceivedList]:
        """Approve a list that waits, or reject it with a reason. Return whether its state still waited, and the record.

        Raises Refusal if the list does not wait.
        """
        received = self._recorded(list_id)
        is_unsent = received.decided_at and received.task_token and received.cancelled == bool(reason)
        if not is_unsent:
            self._require_waiting(received)
            by = self._clients("sts").get_caller_identity()["Arn"]
            at = int(self._clock.now().timestamp())
            decided, received = self._lists.decide(list_id, by, at, shortened(reason))
            if not decided:
                self._require_waiting(received)
        sent = self._send(received, reason)
        if received.task_token:
            self._lists.forget_token(list_id, received.task_token)
        return sent, received

    def _recorded(self, list_id: str) -> ReceivedList:
        try:
            return self._lists.get(list_id)
        except LookupError:
            command = f"`uv run context list waiting {self._stack.name}` prints the lists that wait"
            raise Refusal(f"{self._stack.name} has no list {list_id}: {command}.") from None

    def _require_waiting(self, received: ReceivedList) -> None:
        where = f"list {received.list_id} is {received.status}"
        if received.decided_at:
            at, verb = datetime.fromtimestamp(received.decided_at, UTC), "rejected" if received.reason else "approved"
            decision = f"{received.decided_by} {verb} it at {at:%Y-%m-%d %H:%M} UTC"
            raise Refusal(f"{where}: {decision}. The first decision counts.")
        if not received.awaits_approval:
            raise Refusal(f"{where} and does not wait for an approval: choose one of `context list waiting`.")
        execution = execution_of(self._clients("stepfunctions"), received.execution)
        if execution.status not in RUNS:
            remedy = f"close it with `uv run context list close {self._stack.name} {received.list_id}`"
            raise Refusal(f"{where}, and its execution is {execution.status or 'no longer recorded'}: {remedy}.")

    def _send(self, received: ReceivedList, reason: str) -> bool:
        """Send a decision, and return whether the state waited. A state that has no token yet reads the record."""
        machines, token = self._clients("stepfunctions"), received.task_token
        if not token:
            return True
        try:
            if reason:
                machines.send_task_failure(taskToken=token, error=NOT_APPROVED, cause="A person rejected the list.")
            else:
                machines.send_task_success(taskToken=token, output="{}")
        except ClientError as error:
            if code(error) not in _GONE:
                raise
            return False
        return True


class ApprovalScreen(Consoles):
    """The screen of lists that wait, and of decisions."""

    def show(self, stack: str, lists: list[ReceivedList], now: datetime) -> None:
        """Print the lists that wait."""
        if self._wrote({"stack": stack, "result": "waiting", "lists": [facts(received, now) for received in lists]}):
            return
        self._print(f"{stack}: {len(lists)} lists wait for an approval.")
        for received in lists:
            hours = received.waited(now.timestamp()) / 3600
            self._print(f"{received.list_id}  {described(received)}, for {hours:.1f} h")

    def show_decision(self, stack: str, received: ReceivedList, now: datetime, *, sent: bool) -> int:
        """Print a decision, and return the exit status."""
        rejected = received.status is ListStatus.COMPENSATING
        result = ("rejected" if rejected else "approved") if sent or rejected else "late"
        if not self._wrote({"stack": stack, "result": result, **facts(received, now)}):
            self._print(f"{stack} / {received.list_id}: {result} by {received.decided_by}. {described(received)}.")
        if result == "late":
            self.fail("The wait of the list ended before the approval was sent: it is not imported, and is rejected.")
        return int(result == "late")


def facts(received: ReceivedList, now: datetime) -> dict[str, Any]:
    """Return the facts for a decision about a list, as JSON values."""
    names = ("list_id", "rows", "valid", "rejected", "decided_by")
    return {
        **{name: getattr(received, name) for name in names},
        "status": received.status.value,
        "partner": received.file.partner,
        "file": received.file.key,
        "amounts": _sums(received),
        "waited_seconds": int(received.waited(now.timestamp())),
    }


def _sums(received: ReceivedList) -> Mapping[str, Mapping[str, str]]:
    """Return the sums of the rows to import as text, by field and currency."""
    amounts = repository().context.by_field(received.amounts)
    return {field: {name: f"{amount:f}" for name, amount in sums.items()} for field, sums in amounts.items()}


def described(received: ReceivedList) -> str:
    """Return the counts and sums of a list in words."""
    amounts = repository().context.by_field(received.amounts)
    sums = (f"{field} {amount:,f} {name}" for field, of in amounts.items() for name, amount in of.items())
    return f"{received.file.key}: {', '.join((f'{received.valid} of {received.rows} rows', *sums))}"


def _reason(text: str) -> str:
    words = " ".join(text.split())
    if not words:
        raise typer.BadParameter("the reason is empty: write the reason for the partner's report")
    return words


ListId = Annotated[str, Argument(parser=identity, metavar="ID", help="the id of the list, from `context list waiting`")]


def waiting(ctx: typer.Context, stack: StackName, outputs_file: Outputs = None, as_json: AsJson = False) -> int:
    """Print the lists that wait for an approval, with their counts and sums.

    Examples:
      context list waiting prod

    Exit status:
      0    the lists are printed
      2    refused, such as for a stack without lists
    """
    access, screen = Access.of(ctx, 5), ApprovalScreen(as_json=as_json)

    def act() -> int:
        approvals = _approvals(access, stack, outputs_file)
        screen.show(stack, list(approvals.waiting()), access.clock.now())
        return 0

    return operate(screen, stack, "approve", act)


def approve(
    ctx: typer.Context, stack: StackName, list_id: ListId, outputs_file: Outputs = None, as_json: AsJson = False
) -> int:
    """Approve a list that waits: its rows are imported. The list's record gets your ARN.

    Examples:
      context list approve prod 7dfe979249f93c38ef874397a3ab78e8

    Exit status:
      0    approved
      1    too late: the list is rejected, because nobody approved it in time
      2    refused, such as for a list that does not wait, or that a person has decided about
    """
    return _decide(ctx, stack, list_id, "", outputs_file, as_json=as_json)


def reject(
    ctx: typer.Context,
    stack: StackName,
    list_id: ListId,
    reason: Annotated[
        str, Option("--reason", parser=_reason, metavar="TEXT", help="the reason, for the partner's report and event")
    ],
    outputs_file: Outputs = None,
    as_json: AsJson = False,
) -> int:
    """Reject a list that waits: no row is imported, and its partner gets the reason. The list's record gets your ARN.

    Examples:
      context list reject prod 7dfe979249f93c38ef874397a3ab78e8 --reason "the total is that of last month"

    Exit status:
      0    rejected
      2    refused, such as for a list that does not wait, or that a person has decided about
    """
    return _decide(ctx, stack, list_id, reason, outputs_file, as_json=as_json)


def _decide(ctx: typer.Context, stack: str, list_id: str, reason: str, outputs_file: Any, *, as_json: bool) -> int:
    access, screen = Access.of(ctx, 5), ApprovalScreen(as_json=as_json)

    def act() -> int:
        sent, received = _approvals(access, stack, outputs_file).decide(list_id, reason)
        return screen.show_decision(stack, received, access.clock.now(), sent=sent)

    return operate(screen, stack, "approve", act)


def _approvals(access: Access, stack: str, outputs_file: Any) -> Approvals:
    outputs = read_stack(stack, repository().service, outputs_file)
    return Approvals(outputs, access.clients_of(outputs.region), access.clock)

"""Deadlines of existing aggregates: `context deadlines STACK [--go]` adds the times that their items lack.

The time of a deadline is written with each write that enters a status. Items that entered the status before the context
had the deadline have no time, or the time of an earlier status, and no function would send their command.

- **Without `--go`** it counts these items. It changes nothing.
- **With `--go`** it writes their times, which begin now, each under the condition that the item is still the same.
  Traffic may continue. A change of the time has no event.

The command reads the whole table, with consistent reads. Every write can be repeated: a second run has nothing to do.

Exit status:

- 0: the times are written, or the count is printed.
- 1: the run stopped: run the command again.
- 2: the command was refused before any change.
- 130: Ctrl-C.

`context permissions deadlines STACK` prints the necessary permissions as a policy.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer
from botocore.exceptions import ClientError
from typer import Option

from bounded_context.adapters.conditional import condition_failed
from bounded_context.adapters.items import KEY
from bounded_context.declaration.context import Context
from bounded_context.declaration.structure import DUE
from bounded_context.domain.deadlines import due_text, of_version
from bounded_context_cli.command.aws_errors import AWS_ERRORS, Refusal, sentence
from bounded_context_cli.command.console import RepairState
from bounded_context_cli.command.installed import repository
from bounded_context_cli.command.operation import Access, Clock, Outputs, interrupt_once, operate
from bounded_context_cli.command.operation import Stack as StackName
from bounded_context_cli.command.output import command_line
from bounded_context_cli.command.pulumi import parsed, read_outputs, refuse_others, region_of
from bounded_context_cli.command.values import AsJson

from . import report as repair
from .notation import as_stored, plain

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class DeadlineStack:
    """The table and the region of a stack."""

    table: str
    region: str

    @classmethod
    def of(cls, name: str, outputs: Mapping[str, Any]) -> Self:
        """Parse the outputs of the service program. Raises Refusal."""
        refuse_others(outputs["release"]["application"], name)
        return cls(outputs["table_name"], region_of(outputs))


def read_stack(stack: str, program: Path, file: Path | None) -> DeadlineStack:
    """Return the stack, from the outputs in `file` or from the Pulumi CLI in the program's folder. Raises Refusal."""
    return parsed(lambda outputs: DeadlineStack.of(stack, outputs), read_outputs(stack, program, file))


@dataclass
class DeadlineReport(repair.RepairReport):
    """The number of items without the time of their status, and of times that were written."""

    without: int = 0
    written: int = 0

    @property
    def complete(self) -> bool:
        """Whether the whole table was read."""
        return True


@dataclass(frozen=True)
class Times:
    """The times of the deadlines in a table."""

    context: Context[Any]
    client: "DynamoDBClient"
    table: str
    clock: Clock

    def write(self, report: DeadlineReport) -> None:
        """Count the items without a time, and write their times if the report is of a run. Raises AWS_ERRORS."""
        for item in self._without():
            report.without += 1
            if report.executed:
                report.written += self._written(item)

    def _without(self) -> Iterator[Mapping[str, Any]]:
        statuses = {f":status{place}": status for place, status in enumerate(self.context.deadline_by_status)}
        pages = self.client.get_paginator("scan").paginate(
            TableName=self.table,
            ConsistentRead=True,
            FilterExpression=f"begins_with({KEY}, :prefix) AND #status IN ({', '.join(statuses)})",
            ProjectionExpression=f"{KEY}, #status, version, #due",
            ExpressionAttributeNames={"#status": "status", "#due": DUE},
            ExpressionAttributeValues=as_stored({":prefix": self.context.key_prefix, **statuses}),
        )
        for item in (plain(item) for page in pages for item in page["Items"]):
            if DUE not in item or not of_version(item[DUE], int(item["version"])):
                yield item

    def _written(self, item: Mapping[str, Any]) -> bool:
        """Write the time of an item, and return whether the item was still the same."""
        deadline, version = self.context.deadline_by_status[item["status"]], int(item["version"])
        values = {
            ":due": due_text(self.clock.now() + deadline.after, version),
            ":status": item["status"],
            ":version": version,
            **({":earlier": item[DUE]} if DUE in item else {}),
        }
        same = "#due = :earlier" if DUE in item else "attribute_not_exists(#due)"
        try:
            self.client.update_item(
                TableName=self.table,
                Key=as_stored({KEY: item[KEY]}),
                UpdateExpression="SET #due = :due",
                ConditionExpression=f"version = :version AND #status = :status AND {same}",
                ExpressionAttributeNames={"#status": "status", "#due": DUE},
                ExpressionAttributeValues=as_stored(values),
            )
        except ClientError as error:
            if not condition_failed(error):
                raise
            return False
        return True


class DeadlineScreen(repair.RepairScreen):
    """The screen of the times of deadlines."""

    def show(self, report: DeadlineReport, stack: str, command: str) -> None:
        """Print a report; `command` executes a plan, or continues a run that did not end."""
        if self._wrote({"stack": stack, **report.as_json()}):
            return
        self._print(
            f"{stack}: {report.result}. {report.without} aggregates have no time for the deadline of their status."
        )
        if report.executed:
            self._print(f"{report.written} times written, which begin now.")
        else:
            self._print(f"Nothing was changed. To write their times, which begin then: {command}")
        if report.stopped:
            self.fail(report.stopped)
            self._print(f"To continue: {command}")


def deadlines(
    ctx: typer.Context,
    stack: StackName,
    go: Annotated[bool, Option("--go", help="write the times; by default, only count them")] = False,
    outputs_file: Outputs = None,
    as_json: AsJson = False,
) -> int:
    """Let the deadlines of existing aggregates begin, after a release that added a deadline.

    The time of a deadline begins now for aggregates that entered their status before the context had the deadline.

    Refused with --go while a repair has paused the stack: both would write the aggregates.

    Examples:
      context deadlines prod        count the aggregates without a time
      context deadlines prod --go   let their time begin now

    Exit status:
      0    done
      1    stopped: run the command again
      2    refused before anything changed
      130  Ctrl-C
    """
    access, screen = Access.of(ctx, 5), DeadlineScreen(as_json=as_json)

    def act() -> int:
        project = repository()
        if not project.context.deadlines:
            raise Refusal(f"{project.context.title} has no deadlines: write deadlines into its context.")
        target = read_stack(stack, project.service, outputs_file)
        client = access.clients_of(target.region)("dynamodb")
        state = RepairState(stack, "deadlines", access.clock.now(), outputs_file)
        screen.show_repair(state.read(client, target.table), writes=go)
        report = DeadlineReport(executed=go)
        try:
            Times(project.context, client, target.table, access.clock).write(report)
        except KeyboardInterrupt:
            report.interrupted = True
        except AWS_ERRORS as error:
            if not report.without:
                raise
            report.stopped = sentence(error, "deadlines")
        screen.show(report, stack, command_line("deadlines", stack, outputs=outputs_file, go=True))
        return report.exit_status

    interrupt_once()
    return operate(screen, stack, "deadlines", act)

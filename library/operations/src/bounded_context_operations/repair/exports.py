"""`context exports STACK`: the exported files of a stack, and their acknowledgement.

It prints the files in the folder `outgoing`, and the files that are not complete, each with its status. With
`--acknowledge FILE` it records that the partner has confirmed a file, with the caller's ARN. The alarm on a file that
is not fetched ends with its acknowledgement. A second acknowledgement changes nothing.

With `--send FILE`, the next call of the function sends a file to the partner's own server again, from its beginning: at
once after a repair, or because the partner has lost it.

Exit status:

- 0: the files are printed, the acknowledgement is recorded, or the file is sent again.
- 1: a file is late, or its last call failed.
- 2: the command was refused before any change.

`context permissions exports STACK` prints the necessary permissions as a policy.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, cast

import typer
from typer import Option

from bounded_context.adapters.conditional import conditionally
from bounded_context.adapters.exports import PREFIX, ExportTable
from bounded_context.adapters.items import KEY
from bounded_context.declaration.context import Context
from bounded_context.domain.exports import OUTGOING, ExportFile, FileRecord, FileStatus, file_of
from bounded_context_cli.command.aws_errors import Refusal
from bounded_context_cli.command.console import Consoles
from bounded_context_cli.command.installed import repository
from bounded_context_cli.command.operation import Access, Clients, Outputs, operate
from bounded_context_cli.command.operation import Stack as StackName
from bounded_context_cli.command.values import AsJson
from bounded_context_cli.programs.stack_settings import settings_of

from .lists import ListStack, RepairTable, read_stack

LATE: Final = timedelta(hours=1)
"""The time after which a file that is not complete is late."""


@dataclass(frozen=True)
class ExportedFiles:
    """The exported files of a stack. `servers` are the partners with an own server."""

    context: Context[Any]
    stack: ListStack
    clients: Clients
    servers: Collection[str] = ()

    @property
    def _table(self) -> RepairTable:
        return RepairTable(self.clients("dynamodb"), self.stack.table)

    @property
    def _records(self) -> ExportTable:
        return ExportTable(cast("Any", self._table))

    def all(self) -> Iterator[FileRecord]:
        """Yield the records of the stored files and of the files that are not complete, by partner and period."""
        records = self._records
        files = {
            *self._stored(),
            *(
                file
                for export in self.context.exports
                for partner in export.partners
                for file in records.opened(export.name, partner)
            ),
        }
        for file in sorted(files, key=lambda file: (file.partner, file.export, file.period)):
            if record := records.get(file):
                yield record

    def _stored(self) -> Iterator[ExportFile]:
        pages = self.clients("s3").get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self.stack.inbox, Prefix=f"{OUTGOING}/"):
            for entry in page.get("Contents", []):
                if file := file_of(self.context.name, self.context.exports, entry["Key"]):
                    yield file

    def acknowledge(self, path: str) -> FileRecord:
        """Record the acknowledgement of a file by its path, `acme/loan-daily-20261201T180000Z.csv`. Raises Refusal."""
        file, record = self._recorded(path)
        if record.status is FileStatus.ACKNOWLEDGED:
            return record
        if not self._records.acknowledged(file, self.clients("sts").get_caller_identity()["Arn"]):
            raise Refusal(f"{path} is {record.status}, and its partner does not see it yet: wait for its end.")
        return self._records.get(file) or record

    def _recorded(self, path: str) -> tuple[ExportFile, FileRecord]:
        file = file_of(self.context.name, self.context.exports, path)
        record = self._records.get(file) if file else None
        if file is None or record is None:
            raise Refusal(f"{self.stack.name} has no file {path}: choose one of `context exports {self.stack.name}`.")
        return file, record

    def send_again(self, path: str) -> FileRecord:
        """Let the next call send a file to the partner's own server, from its beginning. Raises Refusal."""
        file, record = self._recorded(path)
        if file.partner not in self.servers:
            raise Refusal(f"{file.partner} has no own server in {self.stack.name}: the partner fetches {path} itself.")
        if record.transfer or record.status in (FileStatus.WRITING, FileStatus.ACKNOWLEDGED):
            state = "has a transfer under way" if record.transfer else f"is {record.status}"
            raise Refusal(f"{path} {state}: only a complete file that waits or is DELIVERED is sent again.")
        sent, _ = conditionally(
            self._table.update_item,
            Key={KEY: f"{PREFIX}{file.export}#{file.partner}#{file.period}"},
            UpdateExpression="SET claimed_until = :zero, failures = :zero, sent = :no, fetched = :no ADD attempt :one",
            # A call that has claimed the file meanwhile has changed its transfer.
            ConditionExpression="attempt = :attempt",
            ExpressionAttributeValues={":zero": 0, ":no": False, ":one": 1, ":attempt": record.attempt},
        )
        if not sent:
            raise Refusal(f"{path} is being sent at this moment: look at `context exports {self.stack.name}` first.")
        # A call closes a file that is DELIVERED, so the record comes first.
        self._table.update_item(
            Key={KEY: f"{PREFIX}{file.export}#{file.partner}"},
            UpdateExpression="ADD open_periods :periods",
            ExpressionAttributeValues={":periods": {file.period}},
        )
        return self._records.get(file) or record


class ExportScreen(Consoles):
    """The screen of exported files."""

    def show(self, stack: str, records: list[FileRecord], now: datetime) -> int:
        """Print the files, and return the exit status."""
        late = [record for record in records if _is_late(record, now)]
        if not self._wrote({"stack": stack, "result": "files", "files": [facts(record) for record in records]}):
            self._print(f"{stack}: {len(records)} exported files.")
            for record in records:
                self._print(described(record))
        for record in late:
            self.fail(f"{described(record)}: {record.reason or 'its call has not ended'}")
        return int(bool(late))

    def show_sent(self, stack: str, record: FileRecord) -> int:
        """Print a file that the next call sends."""
        if not self._wrote({"stack": stack, "result": "send", **facts(record)}):
            self._print(f"{described(record)}: the next call sends it, within a quarter of an hour.")
        return 0

    def show_acknowledged(self, stack: str, record: FileRecord) -> int:
        """Print an acknowledged file."""
        if not self._wrote({"stack": stack, "result": "acknowledged", **facts(record)}):
            self._print(f"{described(record)} by {record.acknowledged_by}")
        return 0


def _is_late(record: FileRecord, now: datetime) -> bool:
    is_old = now - record.file.time > LATE
    unsent = record.status is FileStatus.PREPARED and record.failures > 0
    return unsent or (record.status is FileStatus.WRITING and (is_old or bool(record.reason)))


def facts(record: FileRecord) -> dict[str, Any]:
    """Return the facts of a file as JSON values."""
    names = ("rows", "size", "reason", "prepared_at", "acknowledged_by", "since", "transfer", "failures")
    file = {"partner": record.file.partner, "export": record.file.export, "period": record.file.period}
    values = {name: getattr(record, name) for name in names}
    return {**file, "key": record.key, "status": record.status.value, "sums": dict(record.sums), **values}


def described(record: FileRecord) -> str:
    """Return a file in words: its path, its status, its rows and its size."""
    path = (
        record.key.removeprefix(f"{OUTGOING}/") or f"{record.file.partner}: {record.file.export} {record.file.period}"
    )
    transfer = ", a transfer is under way" if record.transfer else ""
    failures = f", {record.failures} failed transfers" if record.failures else ""
    return f"{path}  {record.status}, {record.rows:,} rows, {record.size:,} bytes{transfer}{failures}"


def exports(
    ctx: typer.Context,
    stack: StackName,
    acknowledge: Annotated[
        str | None,
        Option("--acknowledge", metavar="FILE", help="record that the partner has confirmed the file PARTNER/NAME"),
    ] = None,
    send: Annotated[
        str | None,
        Option("--send", metavar="FILE", help="send the file PARTNER/NAME to the partner's own server again"),
    ] = None,
    outputs_file: Outputs = None,
    as_json: AsJson = False,
) -> int:
    """Print the exported files of a stack, acknowledge one of them, or send it to its partner's server again.

    Examples:
      context exports prod
      context exports prod --acknowledge acme/loan-daily-20261201T180000Z.csv
      context exports prod --send acme/loan-daily-20261201T180000Z.csv

    Exit status:
      0    the files are printed, or the file is acknowledged or sent again
      1    a file is late, or its last call failed
      2    refused, such as for an unknown file
    """
    access, screen = Access.of(ctx, 5), ExportScreen(as_json=as_json)

    def act() -> int:
        project = repository()
        if not project.context.exports:
            raise Refusal(f"{project.context.title} has no exports: write exports into its context.")
        target = read_stack(stack, project.service, outputs_file)
        servers = settings_of(project, stack).deliveries
        files = ExportedFiles(project.context, target, access.clients_of(target.region), servers)
        if send:
            return screen.show_sent(stack, files.send_again(send))
        if acknowledge:
            return screen.show_acknowledged(stack, files.acknowledge(acknowledge))
        return screen.show(stack, list(files.all()), access.clock.now())

    return operate(screen, stack, "exports", act)

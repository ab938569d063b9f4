"""The rehearsal of a lost region: two emulators, of which one is killed, and the context continues in the other.

A second stack comes up from the repository and from a copy of the backup, by `context restore --from` and `context
reseed`, with the table of the next epoch. Callers and the partner then use its address.
"""

import json
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import BotoCoreError

from bounded_context.declaration.structure import EXPORT_FILES, IN_PROGRESS
from bounded_context.domain.events import epoch_of
from bounded_context_cli.command.operation import SystemClock
from bounded_context_cli.command.output import LocalRunError
from bounded_context_infra.configuration.project import Project

from ..actors.caller import Call, invoke
from ..actors.partner import SftpPartner
from ..additions import ORDER, change
from ..emulator.clock import in_background, until
from ..emulator.process import kill
from ..provider import program
from ..provider.program import STACK
from ..run.screen import RunScreen
from ..running.context import RunningContext
from ..running.start import running_context
from ..stack_state import Upload
from .acts import run_command, shorten_calls
from .recovery import Acknowledged, BackupCopy, ListAgain, Recovered, expected_projection, items_of, projection

ROWS: Final = 500
"""Rows of the list that is imported before the copy."""

OPEN_ROWS: Final = 1_500
"""Rows of the list whose import the copy meets."""

LOST_SECONDS: Final = 5.0
"""The time from the copy to the end of the region, in the place of a day."""

REGIONS: Final = ("eu-central-1", "eu-west-1")
"""Regions of a standby, of which the first that is not the stack's own is used."""

_PATIENCE: Final = 180.0
_PAUSE: Final = 0.05
_NAME: Final = "region"
_ATTEMPTS: Final = 3
_LATER: Final = 5
"""Aggregates that are created before an aggregate is changed: the copy separates some from their changes."""


class LostRegion:
    """A context whose region is lost, and its standby. Planted faults replace the methods of the steps.

    `files` are the exported files in the lost region, by partner, which no partner has fetched.
    """

    def __init__(self, project: Project, screen: RunScreen, rows: int = ROWS, open_rows: int = OPEN_ROWS) -> None:
        """Use all commands of the context that do not delete."""
        self._project, self._screen = project, screen
        self._context = project.context
        self.files: dict[str, list[str]] = {}
        self._open = 0
        self._rows, self._open_rows = rows, open_rows
        self.acknowledged: list[Acknowledged] = []
        self.seconds: dict[str, float] = {}

    def perform(self) -> Recovered:
        """Run the context, end its region, continue in the other one, and compare."""
        with ExitStack() as stack:
            lost = stack.enter_context(running_context(self._project, self._screen.stage))
            with self._screen.stage("traffic"):
                copy = self._loaded(lost)
            killed = time.time()
            own = lost.emulator.region
            region = next(region for region in REGIONS if region != own)
            epoch = epoch_of(f":table/{lost.table.name}/") + 1
            settings = {"table_epoch": epoch, **self._partners(lost)}
            standby = stack.enter_context(
                running_context(self._project, self._screen.stage, settings=settings, region=region)
            )
            self._note("deployed", killed)
            if isinstance(standby.partner, SftpPartner) and isinstance(lost.partner, SftpPartner):
                standby.partner.login = lost.partner.login
            with self._screen.stage("restore"):
                self.restore_backup(copy, standby)
                reported = self._restore(standby)
            self._note("restored", killed)
            if reported.get("result") != "restored":
                raise LocalRunError(f"The rehearsal failed: the restore ended as {reported}.")
            with self._screen.stage("check"):
                return self._judge(lost, standby, copy, killed, reported, epoch)

    # -- the region that is lost

    def _loaded(self, lost: RunningContext) -> BackupCopy:
        """Import a list, call commands, copy the table during the import of another list, and kill the emulator."""
        with self._calling(lost), ExitStack() as followed:
            if self._context.has_lists:
                self._upload(lost, 0)
            if not until(lambda: len(self.acknowledged) > 10, _PATIENCE):
                raise LocalRunError("The rehearsal failed: no command was answered.")
            self.files = self._exported(lost, start=True)
            copy = self._copied_during_a_list(lost, followed) if self._context.has_lists else self.copied(lost)
            time.sleep(LOST_SECONDS)
            lost.end()
            kill(lost.emulator)
        return copy

    def copied(self, lost: RunningContext) -> BackupCopy:
        """Return the copy that AWS Backup would make in the other region."""
        return BackupCopy.of(lost.aws, lost.table.name)

    def _copied_during_a_list(self, lost: RunningContext, followed: ExitStack) -> BackupCopy:
        """Return a copy with a list in flight. If a list ends too soon, a larger list follows."""
        for self._open in range(1, 1 + _ATTEMPTS):
            uploaded = lost.partner.upload(*self._file(lost, self._open))
            if self._context.approval:
                followed.enter_context(in_background("partner", partial(_approved, lost, uploaded)))
            if not until(lambda: self._progress(lost), _PATIENCE, 0.02):
                raise LocalRunError("The rehearsal failed: no list was imported.")
            if (copy := self.copied(lost)).open_lists():
                return copy
        raise LocalRunError("The rehearsal failed: each list ended before the copy.")

    def _file(self, running: RunningContext, number: int) -> tuple[str, bytes]:
        """Return the name and the content of the file with a number. The context then knows its references."""
        document = running.samples.document(self._rows_of(number), seed=20 + number)
        running.table.know_references(running.samples.references_of(document))
        return f"{_NAME}-{number}.csv", document

    def _rows_of(self, number: int) -> int:
        return self._open_rows * 2 ** (number - 1) if number else self._rows

    def _upload(self, running: RunningContext, number: int) -> tuple[str, int]:
        """Upload a list, wait for its end, and return its outcome and the number of its aggregates."""
        execution = running.follow(running.partner.upload(*self._file(running, number)))
        list_id = execution.list_id
        return execution.outcome, running.table.imported(list_id) if list_id else 0

    def _progress(self, lost: RunningContext) -> bool:
        """Return whether the list that was sent last has rows in the table."""
        lists = (record for record in lost.table.lists() if record["key"].endswith(f"{_NAME}-{self._open}.csv"))
        return any(lost.table.imported(record["list_id"]) for record in lists)

    @contextmanager
    def _calling(self, lost: RunningContext) -> Iterator[None]:
        """Call the commands with other values each time, until the end of the block or of the region."""
        with in_background("caller", partial(self._call, lost)):
            yield

    def _call(self, lost: RunningContext, stopped: threading.Event) -> None:
        for number, (function, payload) in enumerate(self._commands(lost)):
            if stopped.wait(_PAUSE):
                return
            message = {"idempotency_key": f"region-{number}", "payload": payload}
            try:
                call = invoke(lost.aws, lost.outputs["functions"][function], message)
            except BotoCoreError:
                return
            if not call.failed and call.answer["ok"]:
                identity = payload[self._context.identity]
                version = call.answer[self._context.name]["version"]
                self.acknowledged.append(Acknowledged(function, identity, version, message, call.answer, time.time()))

    def _commands(self, lost: RunningContext) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield functions and payloads: each aggregate is created, and changed after the next aggregates."""
        columns, created = list(lost.samples.columns), deque[Mapping[str, Any]]()
        commands = sorted(self._context.commands, key=lambda declared: ORDER.index(declared.kind))
        for row in lost.samples.rows(10_000, seed=7):
            created.append(payload := dict(zip(columns, row, strict=True)))
            yield self._context.creating.function, payload
            if len(created) <= _LATER:
                continue
            payload, status = created.popleft(), self._context.creating.status
            for command in commands:
                if command.kind in ("adds", "changes") and status in command.after:
                    yield command.function, change(self._context, command.model, payload)
                    status = status if command.kind == "adds" else command.status

    # -- the other region

    def _partners(self, lost: RunningContext) -> Mapping[str, Any]:
        """Return the settings with which the partner logs in to the standby with the same key."""
        if not isinstance(lost.partner, SftpPartner):
            return {}
        partners = program.values(self._project, {}).get("partners") or {}
        return {"partners": lost.partner.authorized(partners)["partners"]}

    def restore_backup(self, copy: BackupCopy, standby: RunningContext) -> None:
        """Do what a restore job of AWS Backup does."""
        copy.restore(standby.aws, _second(standby))

    def _restore(self, standby: RunningContext) -> Mapping[str, Any]:
        """Run the command without and with --go; return its last report."""
        shorten_calls(standby)
        report: Mapping[str, Any] = {}
        for more in ((), ("--go",)):
            report = self._run(standby, "restore", STACK, "--from", _second(standby), *more)
        return report

    def _run(self, standby: RunningContext, *words: str) -> Mapping[str, Any]:
        outputs = Path(standby.emulator.folder) / "region-outputs.json"
        outputs.write_text(json.dumps(dict(standby.outputs)))
        return run_command(standby.aws, (*words, "--outputs", str(outputs)), SystemClock())[1]

    def _note(self, step: str, killed: float) -> None:
        self.seconds[step] = time.time() - killed

    def _exported(self, running: RunningContext, *, start: bool = False) -> dict[str, list[str]]:
        """Call the function of exports, for a new period with `start`; return the names of the files by partner."""
        for export in self._context.exports:
            running.invoke(EXPORT_FILES, {"export": export.name} if start else {})
        partners = {name for export in self._context.exports for name in export.partners}
        return {name: running.partner.named(name).outgoing() for name in partners}

    # -- the comparison

    def _judge(
        self,
        lost: RunningContext,
        standby: RunningContext,
        copy: BackupCopy,
        killed: float,
        reported: Mapping[str, Any],
        epoch: int,
    ) -> Recovered:
        table = items_of(standby.aws, standby.table.name)
        missing = copy.missing(self._context, table)
        lost_commands = [command for command in self.acknowledged if command.is_lost(self._context, table)]
        survivors = [command for command in self.acknowledged if command not in lost_commands]
        # The copy may have the aggregate of a command that ran meanwhile, without its answer.
        during = [command for command in survivors if command.at >= copy.began]
        answered = [command for command in survivors if command.at < copy.began]
        repeated = self._repeated(standby, copied=answered[-1:], during=during[-1:], lost=lost_commands[:1])
        self._note("command", killed)
        again = self._sent_again(standby, killed) if self._context.has_lists else None
        return Recovered(
            regions=(lost.emulator.region, standby.emulator.region),
            copied=len(copy.items),
            recovery_point=killed - max((command.at for command in survivors), default=0.0),
            seconds=self.seconds,
            acknowledged=len(self.acknowledged),
            lost=len(lost_commands),
            before_the_copy=sum(command.at < copy.began for command in lost_commands),
            missing=missing,
            reported=reported,
            open_lists=len(copy.open_lists()),
            repeated=repeated,
            wrong_projections=self._wrong_projections(lost, standby, epoch),
            again=again,
            unfetched=sum(map(len, self.files.values())),
            unwritten=self._unwritten(standby),
        )

    def _repeated(self, standby: RunningContext, **commands: list[Acknowledged]) -> Mapping[str, str]:
        """Repeat commands, of each name at most one; return the results."""
        results = dict.fromkeys(("copied", "lost"), "there was none")
        for name, command in ((name, command) for name, chosen in commands.items() for command in chosen):
            before = standby.table.item_of(command.identity)
            call = _answered(standby, command)
            is_changed = standby.table.item_of(command.identity) != before
            if call.failed:
                results[name] = f"failed: {call.answer}"
            elif is_changed:
                results[name] = "executed"
            else:
                # A command that the aggregate recognises is answered with the tag of its new incarnation.
                ignored = {"etag": None} if name == "during" else {}
                is_same = {**call.answer, **ignored} == {**command.answer, **ignored}
                results[name] = "the same answer" if is_same else f"another answer: {call.answer}"
        return results

    def _sent_again(self, standby: RunningContext, killed: float) -> ListAgain:
        """Let the partner send the open list again, and the earlier list too, as it cannot know which was imported."""
        outcome, imported = self._upload(standby, self._open)
        self._note("list", killed)
        aggregates = self._aggregates(standby)
        self._upload(standby, 0)
        return ListAgain(outcome, self._rows_of(self._open), imported, len(self._aggregates(standby) - aggregates))

    def _unwritten(self, standby: RunningContext) -> int:
        """Return the number of files that no partner had fetched, and that the standby does not write again."""
        written = self._exported(standby)
        return sum(len(set(names) - set(written[partner])) for partner, names in self.files.items())

    def _aggregates(self, standby: RunningContext) -> set[str]:
        return {key for key in items_of(standby.aws, standby.table.name) if key.startswith(self._context.key_prefix)}

    def _wrong_projections(self, lost: RunningContext, standby: RunningContext, epoch: int) -> dict[str, int]:
        """Reseed a subscriber, and return the number of aggregates that each has otherwise.

        The others have the events of the restore. A subscriber outside the lost region still has the events of the lost
        stack.
        """
        for subscriber in standby.subscribers[:1]:
            self._run(standby, "reseed", STACK, "--to", subscriber.name, "--go")
        expected = expected_projection(items_of(standby.aws, standby.table.name), self._context)
        earlier = {subscriber.name: subscriber.events for subscriber in lost.subscribers}
        deadline = time.monotonic() + _PATIENCE
        while True:
            wrong = {
                subscriber.name: _different(
                    projection([*earlier[subscriber.name], *subscriber.events], self._context, epoch), expected
                )
                for subscriber in standby.subscribers
            }
            if not any(wrong.values()) or time.monotonic() > deadline:
                return wrong
            time.sleep(1)


def _approved(lost: RunningContext, uploaded: Upload, _: threading.Event) -> None:
    """Approve the list of an upload, if it waits."""
    with suppress(BotoCoreError, LocalRunError):  # The region may end before the list.
        lost.follow(uploaded)


def _second(standby: RunningContext) -> str:
    """Return the name of the table to which AWS Backup restores."""
    return f"{standby.table.name}-at-copy"


def _different(first: Mapping[str, Any], second: Mapping[str, Any]) -> int:
    """Return the number of keys whose values differ."""
    return sum(first.get(key) != second.get(key) for key in first.keys() | second.keys())


def _answered(standby: RunningContext, command: Acknowledged) -> Call:
    """Send a command until it is not being run: the copy may have the mark of a call that ran meanwhile."""
    calls = deque[Call](maxlen=1)

    def is_over() -> bool:
        calls.append(invoke(standby.aws, standby.outputs["functions"][command.function], command.message))
        return (calls[0].answer.get("error") or {}).get("code") != IN_PROGRESS

    until(is_over, _PATIENCE, 1.0)
    return calls[0]

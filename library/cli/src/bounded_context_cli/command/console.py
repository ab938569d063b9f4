"""The output of a command: progress on standard error, results on standard output.

A repair that has paused a stack has a record in its table. Every command on the stack prints the facts of the repair.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from botocore.exceptions import NoCredentialsError
from pydantic import BaseModel, ConfigDict
from rich.markup import escape

from .aws_errors import AWS_ERRORS, Document, Refusal, code, sentence
from .output import command_line
from .terminal import console

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


RECORD: Final[Any] = {"pk": {"S": "RESTORE-RUN#"}}
"""The key of the record. No aggregate has a dash in its prefix, and no reader of the stream gets such items."""

ALIVE: Final = timedelta(minutes=1)
"""The time after an owner's last sign during which it counts as alive."""

TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
"""The form of the time of a restore, as its option takes it."""

_UNREADABLE: Final = "its record has a form that this version cannot read: update the library."
_LATER_PERMITTED: Final = ("redrive", "shift")
"""The roles whose policies of earlier versions do not permit to read the record."""


class Repair(BaseModel):
    """A repair that has paused a stack. Its record exists while the stack is paused.

    `kind` is the command of the repair, and `at` the time whose state it writes. `selection` is a digest of the
    selected ids, or empty. `source` is the table from which it restores, if AWS Backup has restored that table. `owner`
    is a token of the call that continues the repair, and `seen` the time of its last sign. `counts` are those of its
    report. A record of an earlier version has `at` alone.
    """

    model_config = ConfigDict(frozen=True)

    kind: str = "restore"
    at: datetime
    selection: str = ""
    source: str = ""
    owner: str = ""
    seen: datetime | None = None
    counts: dict[str, int] = {}

    def sign(self, now: datetime) -> str:
        """Return whether a call continues the repair, by its last sign."""
        if self.seen is None:
            return "its call has ended"
        ago = f"last sign of life {(now - self.seen).total_seconds():.0f} s ago"
        rest = f"{(self.seen + ALIVE - now).total_seconds():.0f} s"
        return f"{ago}: wait for its end, or {rest} if it was killed" if self.alive(now) else f"{ago}: it was killed"

    @property
    def goal(self) -> str:
        """The table from which the repair restores, or its time."""
        return self.source or self.at.isoformat()

    def alive(self, now: datetime) -> bool:
        """Return whether a call continues the repair."""
        return self.seen is not None and now - self.seen < ALIVE


@dataclass(frozen=True)
class RepairState:
    """The facts about the repair of a stack at the time `now`. There is none without a `repair` and a `problem`.

    `document` is the policy with the permission to read the record, and `outputs` a file for the printed commands.
    `problem` is why the record could not be read. `tolerated` is whether a policy of an earlier version explains it.
    """

    stack: str
    document: Document
    now: datetime
    outputs: Path | None = None
    repair: Repair | None = None
    problem: str = ""
    tolerated: bool = False

    def read(self, client: "DynamoDBClient", table: str) -> Self:
        """Return the facts with those of a table's record. A table that cannot be read is a problem, and no error.

        Raises:
            NoCredentialsError: no call of the command can succeed.
        """
        try:
            item = client.get_item(TableName=table, Key=RECORD, ConsistentRead=True).get("Item")
            return replace(self, repair=Repair.model_validate_json(item["progress"].get("S", ""))) if item else self
        except NoCredentialsError:
            raise
        except AWS_ERRORS as error:
            tolerated = code(error) == "AccessDeniedException" and self.document in _LATER_PERMITTED
            return replace(self, problem=sentence(error, self.document), tolerated=tolerated)
        except (KeyError, ValueError):
            return replace(self, problem=_UNREADABLE)

    @property
    def line(self) -> str:
        """The facts on one line, with the commands that end the repair; an empty text if there is none."""
        if self.problem:
            return f"It is unknown whether a repair has paused this stack: {self.problem}"
        if self.repair is None:
            return ""
        goal = f"from {self.repair.source}" if self.repair.source else f"to {self.repair.at:{TIME}}"
        start = f"A {self.repair.kind} {goal} has paused this stack"
        same = " (FILE has the same ids)" if self.repair.selection else ""
        continues, ends = self._exits(self.repair)
        return f"{start} ({self.repair.sign(self.now)}). It continues with{same}: {continues}; it ends with: {ends}"

    def as_json(self) -> dict[str, Any]:
        """Return the members `repair` and `repair_unknown` of a report: the facts, and why they are missing."""
        return {"repair": dict(self._members()) or None, "repair_unknown": self.problem}

    def require_none(self) -> None:
        """Raise Refusal if a repair has paused the stack, or if that is unknown."""
        if self.repair or (self.problem and not self.tolerated):
            raise Refusal(self.line)

    def _members(self) -> Iterator[tuple[str, Any]]:
        if self.repair:
            yield from self.repair.model_dump(mode="json").items()
            yield "alive", self.repair.alive(self.now)
            yield from zip(("continues", "ends"), self._exits(self.repair), strict=True)

    def _exits(self, repair: Repair) -> tuple[str, str]:
        """Return the command that continues a repair, and the command that resumes the stack without it."""
        goal = {"from": repair.source, "at": "" if repair.source else f"{repair.at:{TIME}}"}
        only = repair.selection and "FILE"
        continues = command_line(repair.kind, self.stack, **goal, only=only, outputs=self.outputs, go=True)
        return continues, command_line(repair.kind, self.stack, resume=True, outputs=self.outputs)


class Consoles:
    """Prints progress to standard error, and results to standard output, either as text or only as JSON."""

    def __init__(self, *, as_json: bool) -> None:
        self._progress, self._out = console(stderr=True), console()
        self._as_json = as_json
        self._more: Mapping[str, Any] = {}

    def tell(self, sentence: str) -> None:
        """Show a sentence."""
        self._progress.print(sentence, markup=False, soft_wrap=True)

    def tell_line(self, sentence: str) -> None:
        """Show a sentence about names of other parties, which may contain ends of lines."""
        self.tell(sentence.replace("\r", "\\r").replace("\n", "\\n"))

    def fail(self, sentence: str) -> None:
        """Show an error."""
        self._progress.print(f"[red]Error:[/] {escape(sentence)}", markup=True, soft_wrap=True)

    def show_repair(self, state: RepairState, *, writes: bool = False) -> None:
        """Print the repair that has paused the stack, before all results; each JSON document gets its facts.

        Args:
            state: the facts.
            writes: whether the command must not run during a repair.

        Raises:
            Refusal: a repair has paused the stack, and the command writes.
        """
        self._more = state.as_json()
        if writes:
            state.require_none()
        if state.line and not self._as_json:
            self._print(state.line)

    def refuse(self, stack: str, sentence: str) -> None:
        """Print the reason why the command changed nothing."""
        self.fail(sentence)
        self._wrote({"stack": stack, "result": "refused", "why": sentence})

    def _wrote(self, document: Mapping[str, Any]) -> bool:
        """Write a document if the results are JSON; return whether they are."""
        if self._as_json:
            sys.stdout.write(json.dumps({**document, **self._more}, indent=2) + "\n")
            sys.stdout.flush()
        return self._as_json

    def _print(self, line: str) -> None:
        self._out.print(line, markup=False, soft_wrap=True)

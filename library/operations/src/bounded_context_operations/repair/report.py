"""The report of a repair, its output, and the ids in its arguments."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bounded_context.domain.field_types import BY_KIND
from bounded_context_cli.command.aws_errors import INTERRUPTED
from bounded_context_cli.command.console import Consoles


@dataclass(kw_only=True)
class RepairReport(ABC):
    """The result of a repair.

    `executed` is whether the plan was executed, not only printed. `stopped` is the error that ended the run early, or
    empty. `words` are the results of a plan, of a complete run, and of an incomplete run.
    """

    words: ClassVar[tuple[str, str, str]] = ("looked", "done", "incomplete")

    executed: bool = True
    stopped: str = ""
    interrupted: bool = False

    @property
    @abstractmethod
    def complete(self) -> bool:
        """Whether the run left nothing to do."""

    @property
    def result(self) -> str:
        """The result as a word."""
        if self.interrupted or self.stopped:
            return "interrupted" if self.interrupted else "stopped"
        looked, complete, incomplete = self.words
        return looked if not self.executed else complete if self.complete else incomplete

    @property
    def exit_status(self) -> int:
        """0 if the run is complete, 1 if it left something to do, 130 after Ctrl-C."""
        return INTERRUPTED if self.interrupted else int(bool(self.stopped) or not self.complete)

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON."""
        return {"result": self.result, **vars(self)}


LINE_EVERY = 100
"""The interval of progress lines in a log without a terminal, in messages."""


class RepairScreen(Consoles):
    """The screen of a repair."""

    @contextmanager
    def progress(self, verb: str, total: int) -> Iterator[Callable[[], None]]:
        """Yield a function to call after each message; it advances a progress bar, or writes log lines."""
        if not self._progress.is_terminal:
            yield self._lines(verb, total)
            return
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=self._progress, transient=True) as bar:
            task = bar.add_task(verb, total=total)
            yield lambda: bar.advance(task)

    def _lines(self, verb: str, total: int) -> Callable[[], None]:
        count = 0

        def advance() -> None:
            nonlocal count
            count += 1
            if count % LINE_EVERY == 0:
                self.tell(f"{verb}: {count} of about {total} messages")

        return advance


_IDENTIFIER: Final = BY_KIND["identifier"]
"""The type of each aggregate's identity. The ids of lists, messages and traces have its form, too."""

_SHOWN: Final = 64
"""The characters of a bad id that a message quotes."""


def identity(text: str) -> str:
    """Return an id in an argument. Raises BadParameter for a text that no aggregate or list can have."""
    if fault := no_identity(text):
        raise typer.BadParameter(fault)
    return text


def no_identity(text: str) -> str:
    """Return why a text is not an id, with the remedy; an empty string if it is one."""
    if re.fullmatch(_IDENTIFIER.pattern, text):
        return ""
    quoted = repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")
    return f"{quoted} is not an id: write {_IDENTIFIER.accepted}"

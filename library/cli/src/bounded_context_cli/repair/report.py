"""The report of a repair, and the command that executes its plan."""

import shlex
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ..command.aws_errors import INTERRUPTED


@dataclass(kw_only=True)
class Report(ABC):
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
        looked, done, left = self.words
        return looked if not self.executed else done if self.complete else left

    @property
    def exit_status(self) -> int:
        """0 if the run is complete, 1 if it left something to do, 130 after Ctrl-C."""
        return INTERRUPTED if self.interrupted else int(bool(self.stopped) or not self.complete)

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON."""
        return {"result": self.result, **vars(self)}


def command_line(*words: str, **options: object) -> str:
    """Return the command with `--go`. It contains the options that have a value."""
    return shlex.join(["uv", "run", "context", *words, *given(options), "--go"])


def given(options: Mapping[str, object]) -> Iterator[str]:
    """Yield the words of the options that have a value. A tuple has several values, True is a flag."""
    for name, value in options.items():
        for one in value if isinstance(value, tuple) else (value,):
            if one:
                yield f"--{name.replace('_', '-')}"
                if one is not True:
                    yield str(one)

"""The output of a command: progress on standard error, results on standard output."""

import json
import sys
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape

from .repair import RepairState


class Consoles:
    """Prints progress to standard error, and results to standard output, either as text or only as JSON."""

    def __init__(self, *, as_json: bool) -> None:
        self._progress = Console(stderr=True, highlight=False)
        self._out = Console(highlight=False)
        self._as_json = as_json
        self._more: Mapping[str, Any] = {}

    def tell(self, sentence: str) -> None:
        """Show a sentence."""
        self._progress.print(sentence, markup=False, soft_wrap=True)

    def fail(self, sentence: str) -> None:
        """Show an error."""
        self._progress.print(f"[red]Error:[/] {escape(sentence)}", soft_wrap=True)

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

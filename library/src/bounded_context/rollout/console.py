"""Where a command writes: progress to standard error, results to standard output."""

import json
import sys
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape


class Consoles:
    """Progress goes to standard error; results go to standard output, as text or as JSON and nothing else."""

    def __init__(self, *, as_json: bool) -> None:
        self._progress = Console(stderr=True, highlight=False)
        self._out = Console(highlight=False)
        self._as_json = as_json

    def tell(self, sentence: str) -> None:
        """Show a sentence."""
        self._progress.print(sentence, markup=False, soft_wrap=True)

    def fail(self, sentence: str) -> None:
        """Show an error."""
        self._progress.print(f"[red]✗[/] {escape(sentence)}", soft_wrap=True)

    def refuse(self, stack: str, sentence: str) -> None:
        """Say why nothing was done."""
        self.fail(sentence)
        if self._as_json:
            self._write({"stack": stack, "result": "refused", "why": sentence})

    def _write(self, document: Mapping[str, Any]) -> None:
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
        sys.stdout.flush()

"""The unchanged rollout driver, with clients of the embedded AWS and an accelerated clock."""

import io
import json
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from bounded_context_cli.command.application import run
from bounded_context_cli.command.aws_errors import INTERRUPTED
from bounded_context_cli.command.operation import Access

from ..emulator.aws import Aws
from ..emulator.clock import ShortMinutes


class Driver:
    """The rollout driver on the deployed stack."""

    def __init__(self, aws: Aws, outputs: dict[str, Any], stack: str) -> None:
        """Write the stack's outputs into a file for the driver."""
        self._aws = aws
        self._stack = stack
        self._outputs = Path(aws.emulator.folder) / "outputs.json"
        self._outputs.write_text(json.dumps(outputs))
        self._clock = ShortMinutes()

    def run(self, command: str) -> tuple[int, dict[str, Any]]:
        """Run a command, and return its exit status and its report. The driver prints progress on standard error.

        Raises:
            KeyboardInterrupt: the driver was interrupted. It ignores further signals, so the run can clean up.
        """
        printed = io.StringIO()
        arguments = ["rollout", command, self._stack, "--outputs", str(self._outputs), "--json"]
        with redirect_stdout(printed):
            status = run(arguments, Access(lambda _: lambda service, **_: self._aws.client(service), self._clock))
        if status == INTERRUPTED:
            raise KeyboardInterrupt
        return status, json.loads(printed.getvalue())

"""The rollout driver, run as it is, with clients of the embedded AWS and a clock on which minutes are short."""

import io
import json
import time
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ...rollout.cli import main
from ...rollout.clients import Clients
from ...rollout.errors import INTERRUPTED
from ..aws import Aws
from ..clock import MINUTE_SECONDS

FASTER = 60 / MINUTE_SECONDS


class ShortMinutes:
    """A clock whose minutes last as long as those of the deployments here."""

    def __init__(self) -> None:
        """Begin now."""
        self._began, self._started = datetime.now(UTC), time.monotonic()

    def now(self) -> datetime:
        """The time in UTC, which runs ahead."""
        return self._began + timedelta(seconds=(time.monotonic() - self._started) * FASTER)

    def sleep(self, seconds: float) -> None:
        """Let `seconds` of this clock pass."""
        time.sleep(seconds / FASTER)


class Driver:
    """Runs commands of the driver on the deployed stack."""

    def __init__(self, aws: Aws, outputs: dict[str, Any], stack: str) -> None:
        """Write the outputs where the driver reads them."""
        self._aws = aws
        self._stack = stack
        self._outputs = Path(aws.emulator.folder) / "outputs.json"
        self._outputs.write_text(json.dumps(outputs))
        self._clock = ShortMinutes()

    def run(self, command: str) -> tuple[int, dict[str, Any]]:
        """Run a command; returns its exit status and its report. Progress goes to standard error.

        Raises:
            KeyboardInterrupt: the driver was interrupted; it leaves further signals ignored, so that all is stopped.
        """
        printed = io.StringIO()
        arguments = [command, self._stack, "--outputs", str(self._outputs), "--json"]
        with redirect_stdout(printed):
            status = main(arguments, lambda _: self._clients(), self._clock)
        if status == INTERRUPTED:
            raise KeyboardInterrupt
        return status, json.loads(printed.getvalue())

    def _clients(self) -> Clients:
        return Clients(
            functions=self._aws.client("lambda"),
            codedeploy=self._aws.client("codedeploy"),
            stepfunctions=self._aws.client("stepfunctions"),
            writer=self._aws.client("stepfunctions"),
            cloudwatch=self._aws.client("cloudwatch"),
        )

"""Dead letters, and the command that redrives them."""

import json
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from bounded_context_cli.command.operation import Access
from bounded_context_local.provider.program import STACK
from bounded_context_local.running.context import RunningContext
from tests.console import context

Redrive = Callable[..., dict[str, Any]]
"""Runs the command with `--json`, and returns its report."""


def redriving(deployed: RunningContext, folder: Path) -> Redrive:
    """Return the command for a running context; what it needs to know lies in a folder."""
    outputs = folder / "outputs.json"
    outputs.write_text(json.dumps(dict(deployed.outputs)))
    access = Access(lambda _: lambda service, **_: deployed.aws.client(service))

    def run(*arguments: str) -> dict[str, Any]:
        printed = StringIO()
        with redirect_stdout(printed):
            context("redrive", STACK, *arguments, "--outputs", str(outputs), "--json", access=access)
        return json.loads(printed.getvalue())

    return run


def put_dead_letter(deployed: RunningContext, queue: str, body: dict[str, Any], **more: Any) -> None:
    """Put a message into a dead-letter queue, as what could not deliver it would."""
    url = deployed.outputs["dead_letter_queues"][queue]
    deployed.aws.call("sqs", "send_message", QueueUrl=url, MessageBody=json.dumps(body), **more)

"""Dead letters, and the command that redrives them."""

import json
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from bounded_context.local.running import RunningContext
from bounded_context.local.stack import STACK
from bounded_context.redrive.cli import main
from bounded_context.redrive.clients import Clients

Redrive = Callable[..., dict[str, Any]]
"""Runs the command with `--json`, and returns its report."""


def redriving(deployed: RunningContext, folder: Path) -> Redrive:
    """Return the command for a running context; what it needs to know lies in a folder."""
    outputs = folder / "outputs.json"
    outputs.write_text(json.dumps(dict(deployed.outputs)))
    services = ("sqs", "stepfunctions", "dynamodbstreams", "lambda", "cloudwatch", "s3")

    def run(*arguments: str) -> dict[str, Any]:
        printed = StringIO()
        with redirect_stdout(printed):
            main(
                [STACK, *arguments, "--outputs", str(outputs), "--json"],
                lambda _: Clients(*(deployed.aws.client(service) for service in services)),
            )
        return json.loads(printed.getvalue())

    return run


def put_dead_letter(deployed: RunningContext, queue: str, body: dict[str, Any], **more: Any) -> None:
    """Put a message into a dead-letter queue, as what could not deliver it would."""
    url = deployed.outputs["dead_letter_queues"][queue]
    deployed.aws.call("sqs", "send_message", QueueUrl=url, MessageBody=json.dumps(body), **more)

"""Redrive of events that EventBridge could not deliver to the state machine.

A message's body is the matched event, before the rule's transformer; its attributes contain the error
(EventBridge User Guide, "Using dead-letter queues to process undelivered events").
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .errors import Stays
from .messages import About, Message

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

_FILE = ("detail", "file-path")
_DETAIL = ("detail",)

INPUTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "SFTP Server File Upload Completed": {"path": _FILE, "detail": _DETAIL},
    "SFTP Server File Rename Completed": {"path": ("detail", "renamed-file-path"), "detail": _DETAIL},
    "SFTP Server File Upload Failed": {"path": _FILE, "failed": ("id",), "detail": _DETAIL},
    "Object Created": {
        "bucket": ("detail", "bucket", "name"),
        "key": ("detail", "object", "key"),
        "version": ("detail", "object", "version-id"),
    },
}
"""The state machine's input by event type: each member, and the path of its value in the event.

The rules are in `infra/components/_uploads.py`; a contract test compares both.
"""


class UploadsRoute:
    """The route of upload events: starts the state machine with the rule's input.

    RegisterList imports each version of a file once, so a duplicate event has no effect.
    """

    def __init__(self, machines: "SFNClient", alias_arn: str) -> None:
        self._machines = machines
        self._alias_arn = alias_arn
        self.action = f"start an execution of {alias_arn.split(':', 6)[-1]} for each"

    def about(self, message: Message) -> About:
        """Return the facts of an EventBridge event, which has no subject."""
        return About(
            id=message.text("id"),
            type=message.text("detail-type"),
            source=message.text("source"),
            reason=message.attribute("ERROR_CODE"),
        )

    def check(self, message: Message) -> None:
        """Raise Stays unless the event starts an import."""
        input_of(message)

    def deliver(self, message: Message) -> str:
        """Start an execution; its failure never returns to this queue."""
        self._machines.start_execution(stateMachineArn=self._alias_arn, input=json.dumps(input_of(message)))
        return ""


def input_of(message: Message) -> dict[str, Any]:
    """Return the state machine's input. Raises Stays for events that start no import."""
    paths = INPUTS.get(message.text("detail-type"))
    if paths is None:
        raise Stays(
            "its body is not an event that starts an import: look at it in the SQS console, and delete it there."
        )
    machine_input = {name: message.member(*path) for name, path in paths.items()}
    for name, value in machine_input.items():
        if not value:
            raise Stays(f"its event lacks {'.'.join(paths[name])}, which an import needs: ask for the file once more.")
    return machine_input

"""Events that EventBridge could not deliver to the state machine.

A message's body is the event as it was matched, before the rule's transformer; its attributes say why it is here
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
"""What the rules make of an event, by its type: the members of the machine's input, and where their values are.

The rules themselves are in `infra/components/_uploads.py`; a contract test holds the two together.
"""


class UploadsRoute:
    """Starts the state machine with what its rule would have sent.

    RegisterList takes each version of a file once, so an event that is delivered twice imports nothing twice.
    """

    def __init__(self, machines: "SFNClient", alias_arn: str) -> None:
        self._machines = machines
        self._alias_arn = alias_arn
        self.action = f"start an execution of {alias_arn.split(':', 6)[-1]} for each"

    def about(self, message: Message) -> About:
        """An event of EventBridge, which has no subject: what it is about is a file's name."""
        return About(
            id=message.text("id"),
            type=message.text("detail-type"),
            source=message.text("source"),
            reason=message.attribute("ERROR_CODE"),
        )

    def check(self, message: Message) -> None:
        """An event of a type that starts imports can be delivered."""
        input_of(message)

    def deliver(self, message: Message) -> str:
        """Start an execution, which never comes back here."""
        self._machines.start_execution(stateMachineArn=self._alias_arn, input=json.dumps(input_of(message)))
        return ""


def input_of(message: Message) -> dict[str, Any]:
    """The machine's input. Raises Stays for what is not an event that starts an import."""
    paths = INPUTS.get(message.text("detail-type"))
    if paths is None:
        raise Stays(
            "its body is not an event that starts an import: look at it in the SQS console, and delete it there."
        )
    made = {name: message.member(*path) for name, path in paths.items()}
    for name, value in made.items():
        if not value:
            raise Stays(f"its event lacks {'.'.join(paths[name])}, which an import needs: ask for the file once more.")
    return made

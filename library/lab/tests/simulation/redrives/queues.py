"""The queues of redrives: a person's client, the freedom that SQS uses, and the bodies of messages."""

import json
from collections.abc import Sequence
from typing import Final

from ..scheduler import Scheduler
from ..services.sqs import Answer, Chances, Queue, Request, SimSqs

CHANCES: Final = Chances(empty=0.05, few=0.3, hidden=0.02, undeleted=0.02, refused=0.03, lagging=0.1)


class SimQueues(SimSqs):
    """The client of one person, with the receipts that it got. Each send takes ``slow`` seconds more."""

    def __init__(self, queues: Sequence[Queue], gate: Scheduler, slow: float) -> None:
        super().__init__(queues, gate)
        self.receipts = set[str]()
        self._slow = slow

    def call(self, operation: str, request: Request) -> Answer:
        """Send a request."""
        if operation == "SendMessage":
            self.gate.sleep(self._slow)
        answer = super().call(operation, request)
        self.receipts |= {message["ReceiptHandle"] for message in answer.get("Messages", ())}
        return answer


def event(number: int, kind: str) -> str:
    """Return the body of an event."""
    return json.dumps({"id": f"event-{number}", "type": kind, "subject": f"thing-{number}", "source": "context"})


def upload(number: int) -> str:
    """Return S3's event of a file, as EventBridge keeps it."""
    file = {"bucket": {"name": "inbox"}, "object": {"key": f"incoming/acme/{number}.csv", "version-id": str(number)}}
    return json.dumps({"id": f"event-{number}", "detail-type": "Object Created", "source": "aws.s3", "detail": file})

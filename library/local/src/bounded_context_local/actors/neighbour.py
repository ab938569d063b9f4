"""Other contexts whose events this context consumes: their topics and events.

If the other context runs on the same embedded AWS, its topic and its parameter exist. Otherwise the run creates both,
under the names that the other context would use.
"""

import json
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bounded_context.declaration.context import Context
from bounded_context.domain.spelling import kebab
from bounded_context_infra.configuration.consumes import Consumed
from bounded_context_infra.configuration.event_settings import consumed

from ..emulator.aws import Aws
from ..provider import ssm

Event = dict[str, Any]


class Neighbour:
    """A context in the setting `consumes`."""

    def __init__(self, aws: Aws, name: str, consumes: Consumed) -> None:
        """Store the parameters, without a call."""
        self._aws = aws
        self.name = name
        self.consumes = consumes

    def create_missing_topic(self, stack: str) -> None:
        """Create the context's topic, and the parameter with its ARN, unless the parameter exists."""
        if self.consumes.account_id is None and ssm.found(self._aws, self.consumes.topic) is None:
            arn = self._aws.call("sns", "create_topic", Name=f"{kebab(self.name)}-{stack}-events")["TopicArn"]
            self._aws.call("ssm", "put_parameter", Name=self.consumes.topic, Value=arn, Type="String")

    @property
    def topic_arn(self) -> str:
        """The ARN of the context's topic. Raises LocalRunError if the parameter is missing."""
        if self.consumes.account_id is not None:
            return self.consumes.topic
        return ssm.read(self._aws, self.consumes.topic)

    def publish_event(self, event_type: str, subject: str, sequence: int | None = None, **members: object) -> Event:
        """Publish an event as the other context's relay would, and return it. `members` replace or add fields."""
        event = cloud_event(self.name, event_type, subject, sequence) | members
        self.publish(json.dumps(event), event_type)
        return event

    def publish(self, message: str, event_type: str) -> None:
        """Publish a text as a message with the attribute `type`."""
        attributes = {"type": {"DataType": "String", "StringValue": event_type}}
        self._aws.call("sns", "publish", TopicArn=self.topic_arn, Message=message, MessageAttributes=attributes)


def cloud_event(source: str, event_type: str, subject: str, sequence: int | None) -> Event:
    """Return an event of another context. Without a sequence, only its time orders it, as with other producers."""
    event: Event = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": source,
        "type": event_type,
        "subject": subject,
        "time": datetime.fromtimestamp(time.time(), UTC).isoformat(),
        "datacontenttype": "application/json",
        "data": {},
    }
    return event if sequence is None else event | {"sequence": f"{sequence:040d}"}


def neighbours(aws: Aws, context: Context[Any], config: Mapping[str, str]) -> list[Neighbour]:
    """Return the contexts whose events a stack consumes. `config` contains its settings without namespace."""
    return [Neighbour(aws, name, consumes) for name, consumes in consumed(context, config).items()]

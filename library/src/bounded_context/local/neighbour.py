"""Another context, as far as this one hears of it: its topic, and what it says there.

Where that context runs on the same embedded AWS, its topic and its parameter are there. Where it does not, the run
makes both under the names that it would give them.
"""

import json
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..context import Context
from ..infra.consumes import Consumed, consumed
from ..words import kebab
from .aws import Aws
from .deploy import ssm

Event = dict[str, Any]


class Neighbour:
    """One context of the setting `consumes`."""

    def __init__(self, aws: Aws, name: str, consumes: Consumed) -> None:
        """Remember it; nothing is asked or made yet."""
        self._aws = aws
        self.name = name
        self.consumes = consumes

    def stand_in(self, stack: str) -> None:
        """Make its topic and the parameter that names it, if it has published none."""
        if self.consumes.account_id is None and ssm.found(self._aws, self.consumes.topic) is None:
            arn = self._aws.call("sns", "create_topic", Name=f"{kebab(self.name)}-{stack}-events")["TopicArn"]
            self._aws.call("ssm", "put_parameter", Name=self.consumes.topic, Value=arn, Type="String")

    @property
    def topic_arn(self) -> str:
        """Its topic. Raises LocalRunError if it has published none."""
        if self.consumes.account_id is not None:
            return self.consumes.topic
        return ssm.read(self._aws, self.consumes.topic)["value"]

    def says(self, event_type: str, subject: str, sequence: int | None = None, **members: object) -> Event:
        """Publish an event, as that context's own relay would, and return it; `members` replace or add some."""
        event = cloud_event(self.name, event_type, subject, sequence) | members
        self.publish(json.dumps(event), event_type)
        return event

    def publish(self, message: str, event_type: str) -> None:
        """Publish any text as a message with the attribute `type`."""
        attributes = {"type": {"DataType": "String", "StringValue": event_type}}
        self._aws.call("sns", "publish", TopicArn=self.topic_arn, Message=message, MessageAttributes=attributes)


def cloud_event(source: str, event_type: str, subject: str, sequence: int | None) -> Event:
    """Return an event of another context; without a sequence it has its time alone, as other producers' do."""
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
    """Return the contexts that a stack hears of, by its settings without their namespace."""
    return [Neighbour(aws, name, one) for name, one in consumed(context, config).items()]

"""AWS/Events, by rule.

Measured: MatchedEvents and Invocations, for events that this run sent (the emulator evaluates the rules). Assumed:
FailedInvocations, and all metrics of rules without events.
"""

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from ...emulator.aws import Aws
from ...uploads import Sent
from ..samples import Sample
from . import zeros

NAMESPACE = "AWS/Events"
NAMES = ("MatchedEvents", "Invocations", "FailedInvocations")


def samples(aws: Aws, sent: Iterable[Sent], now: float) -> Iterator[Sample]:
    """Yield the samples of every rule on the default bus.

    Args:
        aws: the emulator.
        sent: the events that the run sent.
        now: the time of assumed samples, in seconds since 1970.
    """
    sent = list(sent)
    for rule in aws.call("events", "list_rules")["Rules"]:
        times = _matched(aws, rule, sent)
        dimensions = {"RuleName": rule["Name"]}
        for time in times:
            for metric in ("MatchedEvents", "Invocations"):
                yield Sample(NAMESPACE, metric, dimensions, "Count", time, 1)
        unmatched = () if times else ("MatchedEvents", "Invocations")
        yield from zeros(NAMESPACE, dimensions, (*unmatched, "FailedInvocations"), now)


def _matched(aws: Aws, rule: Mapping[str, Any], sent: list[Sent]) -> list[float]:
    pattern = rule.get("EventPattern")
    return [event.time for event in sent if pattern and _matches(aws, pattern, event)]


def _matches(aws: Aws, pattern: str, sent: Sent) -> bool:
    event = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "account": aws.account,
        "region": aws.region,
        "time": datetime.fromtimestamp(sent.time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "resources": [],
        "source": sent.source,
        "detail-type": sent.kind,
        "detail": sent.detail,
    }
    return aws.call("events", "test_event_pattern", EventPattern=pattern, Event=json.dumps(event))["Result"]

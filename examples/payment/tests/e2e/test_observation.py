"""What a run tells of itself: alarms on the context's own metrics, what it collects, and the trail of one row."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .lists import ID, Sample, import_list
from infra.context import CONTEXT
from infra.measures import LISTS_REJECTED
from local import samples
from local.context import RunningContext
from local.deploy.registry import Request, create
from local.observation.observation import collect
from local.observation.trail import Trail, trail
from local.observation.trail_facts import gather
from local.subscribers import wait_for

pytestmark = pytest.mark.e2e
SECONDS = 30


def test_a_rejected_list_sets_off_an_alarm(context: RunningContext, sample: Callable[[int], Sample]):
    """The function's metric goes from its log to CloudWatch, and the alarm on it goes off."""
    with _alarm(context, LISTS_REJECTED) as name:
        assert import_list(context, sample(10).with_ragged(10)).outcome == "REJECTED"
        assert _went_off(context, name)


def test_a_run_tells_what_it_did(context: RunningContext, sample: Callable[[int], Sample]):
    """Every step's call is there, with its list; each message counts once; every trace document is in order."""
    before = {one.name: len(one.received) for one in context.subscribers}
    done = import_list(context, sample(20), expected=21)
    told = collect(context)
    of_list = Counter(line.function for line in told.lines if line.fields.get("list_id") == done.list_id)
    assert {"register_list", "validate_list", "import_list"} <= set(of_list)
    assert {sample.namespace for sample in told.samples} >= {"AWS/Lambda", "AWS/States", "AWS/SQS"}
    for subscriber in context.subscribers:
        queue = {"QueueName": subscriber.url.rpartition("/")[2]}
        received = [one for one in told.samples if one.metric == "NumberOfMessagesReceived" and one.dimensions == queue]
        assert len(received) == len(subscriber.received) >= before[subscriber.name] + 21
    assert told.documents
    assert told.refused == []


def test_a_rows_trail_goes_to_the_subscribers_or_ends_where_it_was_rejected(
    context: RunningContext, sample: Callable[[int], Sample]
):
    """One row of each kind, of the same list."""
    sent = sample(40).with_ragged(1)
    good, bad = _trails(context, sent, sent.rows[30][ID], sent.rows[0][ID])
    assert [step.name for step in good.steps if step.what == "received"] != [] or not context.subscribers
    assert [step.name for step in good.steps if step.what == "call"][:2] == ["register_list", "validate_list"]
    assert sum(good.shares()) == pytest.approx(1.0)
    assert (bad.steps[-1].what, bad.steps[-1].name) == ("rejected", "line 2")
    assert "rejected by validate_list: the row has" in bad.ending


def _trails(context: RunningContext, sent: Sample, *identities: str) -> list[Trail]:
    uploaded = context.upload(sent.name, sent.content)
    ended = context.follow(uploaded)
    assert ended.list_id
    wait_for(context.subscribers, ended.list_id, context.imported(ended.list_id) + 1)
    report, lines = context.report(sent.name), samples.lines_by_identity(sent.content)
    return [trail(gather(context, uploaded, ended, one, lines[one], report)) for one in identities]


@contextmanager
def _alarm(context: RunningContext, metric: str) -> Iterator[str]:
    """Make an alarm on a metric of the context's own, as the deployer makes those of the program."""
    inputs = {
        "name": f"test-{metric}",
        "namespace": _namespace(context),
        "metricName": metric,
        "dimensions": {"service": CONTEXT},
        "statistic": "Sum",
        "comparisonOperator": "GreaterThanThreshold",
        "threshold": 0.0,
        "period": 60.0,
        "evaluationPeriods": 1.0,
        "treatMissingData": "notBreaching",
    }
    name, _ = create(context.aws, Request("aws:cloudwatch/metricAlarm:MetricAlarm", "test", inputs, Path()))
    try:
        yield name
    finally:
        context.aws.call("cloudwatch", "delete_alarms", AlarmNames=[name])


def _namespace(context: RunningContext) -> str:
    """Return the namespace that the functions are told."""
    arn = context.outputs["functions"]["compensate_error"]
    told = context.aws.call("lambda", "get_function_configuration", FunctionName=arn)["Environment"]["Variables"]
    return told["POWERTOOLS_METRICS_NAMESPACE"]


def _went_off(context: RunningContext, name: str) -> bool:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        found = context.aws.call("cloudwatch", "describe_alarm_history", AlarmName=name, HistoryItemType="StateUpdate")
        if any("to ALARM" in item["HistorySummary"] for item in found["AlarmHistoryItems"]):
            return True
        time.sleep(0.2)
    return False

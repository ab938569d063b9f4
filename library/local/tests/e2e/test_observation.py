"""What a run tells of itself: alarms on the context's own metrics, what it collects, and the trail of one row."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bounded_context.declaration.measures import LISTS_REJECTED
from bounded_context_local.actors.subscriber import wait_for
from bounded_context_local.emulator.clock import until
from bounded_context_local.list_views.facts import gather, gather_row
from bounded_context_local.list_views.trail import Trail, trail_of
from bounded_context_local.observation.logs import calls
from bounded_context_local.provider.creation import Request
from bounded_context_local.provider.program import create
from bounded_context_local.running.context import RunningContext, collect

from .facts import CONTEXT, ID_COLUMN, SAMPLES
from .lists import Sample, import_list

pytestmark = pytest.mark.e2e
SECONDS = 30


def test_a_rejected_list_sets_off_an_alarm(deployed: RunningContext, sample: Callable[[int], Sample]):
    """The function's metric goes from its log to CloudWatch, and the alarm on it goes off."""
    with _alarm(deployed, LISTS_REJECTED.name) as name:
        assert import_list(deployed, sample(10).with_ragged(10)).outcome == "REJECTED"
        assert _went_off(deployed, name)


def test_a_schedule_calls_its_function(deployed: RunningContext):
    """With the target of the program's schedule; the emulator looks for due schedules every ten seconds."""
    schedules = deployed.aws.call("scheduler", "list_schedules")["Schedules"]
    [name] = [schedule["Name"] for schedule in schedules if schedule["Name"].endswith("-watch-lists")]
    schedule = deployed.aws.call("scheduler", "get_schedule", Name=name, GroupName=name)
    due = {"ScheduleExpression": "at(2026-01-01T00:00:00)", "FlexibleTimeWindow": schedule["FlexibleTimeWindow"]}
    before = _calls(deployed, "watch_lists")
    deployed.aws.call("scheduler", "create_schedule", Name="due", GroupName=name, Target=schedule["Target"], **due)
    assert until(lambda: _calls(deployed, "watch_lists") > before, SECONDS, 1.0)


def _calls(deployed: RunningContext, function: str) -> int:
    return sum(call.function == function for call in calls(collect(deployed).lines))


def test_a_run_records_logs_metrics_and_traces(deployed: RunningContext, sample: Callable[[int], Sample]):
    """Every step's call is there, with its list; each message counts once; every trace document is in order."""
    before = {subscriber.name: len(subscriber.received) for subscriber in deployed.subscribers}
    result = import_list(deployed, sample(20), expected=21)
    steps = {"register_list", "validate_list", "import_list"}
    # The last lines of a call may arrive after its answer.
    assert until(lambda: steps <= _of_list(deployed, str(result.list_id)), SECONDS, 1.0)
    observation = collect(deployed)
    assert {sample.namespace for sample in observation.samples} >= {"AWS/Lambda", "AWS/States", "AWS/SQS"}
    for subscriber in deployed.subscribers:
        queue = {"QueueName": subscriber.url.rpartition("/")[2]}
        received = [
            sample
            for sample in observation.samples
            if sample.metric == "NumberOfMessagesReceived" and sample.dimensions == queue
        ]
        assert len(received) == len(subscriber.received) >= before[subscriber.name] + 21
    assert observation.documents
    assert observation.rejected == []


def _of_list(deployed: RunningContext, list_id: str) -> set[str]:
    return {line.function for line in collect(deployed).lines if line.fields.get("list_id") == list_id}


def test_a_rows_trail_goes_to_the_subscribers_or_ends_where_it_was_rejected(
    deployed: RunningContext, sample: Callable[[int], Sample]
):
    """One row of each kind, of the same list."""
    sent = sample(40).with_ragged(1)
    good, bad = _trails(deployed, sent, sent.rows[30][ID_COLUMN], sent.rows[0][ID_COLUMN])
    assert [step.name for step in good.steps if step.kind == "received"] != [] or not deployed.subscribers
    assert [step.name for step in good.steps if step.kind == "call"][:2] == ["register_list", "validate_list"]
    assert sum(good.shares()) == pytest.approx(1.0)
    assert (bad.steps[-1].kind, bad.steps[-1].name) == ("rejected", "line 2")
    assert "rejected by validate_list: the row has" in bad.result


def _trails(deployed: RunningContext, sent: Sample, *identities: str) -> list[Trail]:
    uploaded = deployed.partner.upload(sent.name, sent.content)
    ended = deployed.follow(uploaded)
    assert ended.list_id
    wait_for(deployed.subscribers, ended.list_id, deployed.table.imported(ended.list_id) + 1)
    report, lines = deployed.partner.report(sent.name), SAMPLES.lines_by_identity(sent.content)
    pairs = [(gather(deployed, uploaded, ended, report, identity), identity) for identity in identities]
    return [trail_of(facts, gather_row(deployed, facts, identity, lines[identity])) for facts, identity in pairs]


@contextmanager
def _alarm(deployed: RunningContext, metric: str) -> Iterator[str]:
    """Make an alarm on a metric of the context's own, as the deployer makes those of the program."""
    inputs = {
        "name": f"test-{metric}",
        "namespace": _namespace(deployed),
        "metricName": metric,
        "dimensions": {"service": CONTEXT.name},
        "statistic": "Sum",
        "comparisonOperator": "GreaterThanThreshold",
        "threshold": 0.0,
        "period": 60.0,
        "evaluationPeriods": 1.0,
        "treatMissingData": "notBreaching",
    }
    name, _ = create(deployed.aws, Request("aws:cloudwatch/metricAlarm:MetricAlarm", "test", inputs, Path()))
    try:
        yield name
    finally:
        deployed.aws.call("cloudwatch", "delete_alarms", AlarmNames=[name])


def _namespace(deployed: RunningContext) -> str:
    """Return the namespace that the functions are told."""
    arn = deployed.outputs["functions"]["compensate_error"]
    variables = deployed.aws.call("lambda", "get_function_configuration", FunctionName=arn)["Environment"]["Variables"]
    return variables["POWERTOOLS_METRICS_NAMESPACE"]


def _went_off(deployed: RunningContext, name: str) -> bool:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        history = deployed.aws.call(
            "cloudwatch", "describe_alarm_history", AlarmName=name, HistoryItemType="StateUpdate"
        )
        if any("to ALARM" in item["HistorySummary"] for item in history["AlarmHistoryItems"]):
            return True
        time.sleep(0.2)
    return False

"""Metrics of the functions, and of AWS as far as the run knows them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from bounded_context.declaration.measures import EVENT_AGE, EVENTS_PUBLISHED
from bounded_context_local.actors.subscriber import Reception
from bounded_context_local.observation import invocations, messages
from bounded_context_local.observation.logs import Sample, calls, own_metrics
from bounded_context_local.observation.messages import put
from bounded_context_local.stack_state import Sent, Upload

from ..conftest import RecordingAws
from .lines import call, emf

COMPLETED = "Upload Completed"
ALIAS = {"one": "arn:aws:lambda:eu-west-1:123456789012:function:stack-one:live"}
RECEIVED = Reception('{"type": "Created"}', time=12.0, sent=11.5, attributes={})


def _values(samples: Iterable[Sample], metric: str) -> list[float]:
    return [one.value for one in samples if one.metric == metric]


def test_a_record_is_a_sample_for_each_set_of_dimensions_and_each_value() -> None:
    record = emf(["service"], ["service", "reason"], service="s", reason="late", Rows=[1, 2])
    found = list(own_metrics(call("one", "r-1", 6.0, 2.0, record)))
    assert [(dict(one.dimensions), one.value) for one in found] == [
        ({"service": "s"}, 1.0),
        ({"service": "s"}, 2.0),
        ({"service": "s", "reason": "late"}, 1.0),
        ({"service": "s", "reason": "late"}, 2.0),
    ]
    assert {(one.namespace, one.metric, one.unit, one.time) for one in found} == {("space", "Rows", "Count", 5.5)}


def test_own_metrics_are_put_with_their_dimensions_in_calls_of_150_values() -> None:
    aws = RecordingAws()
    samples = [Sample("space", "Rows", {"service": "s"}, "Count", 1.0, value) for value in range(200)]
    put(aws, samples)
    batches: list[Any] = [given["MetricData"] for _, given in aws.calls]
    dimensions = [{"Name": "service", "Value": "s"}]
    assert [(data["MetricName"], data["Dimensions"]) for [data] in batches] == [("Rows", dimensions)] * 2
    assert [datum["Values"] for data in batches for datum in data[:1]] == [
        list(range(150)),
        list(range(150, 200)),
    ]


def test_a_call_counts_for_its_function_its_alias_and_its_version() -> None:
    record = emf(["service"], service="s", **{EVENT_AGE.name: 0.25})
    broken = call("one", "r-2", 9.0, 1.0, "Traceback (most recent call last):")
    found = list(invocations.lambda_samples(calls(call("one", "r-1", 6.0, 2.0, record) + broken), ALIAS))
    whole, by_alias, by_version = list(dict.fromkeys(tuple(one.dimensions.items()) for one in found))
    assert whole == (("FunctionName", "stack-one"),)
    assert by_alias == (*whole, ("Resource", "stack-one:live"))
    assert by_version == (*by_alias, ("ExecutedVersion", "3"))
    of_function = [one for one in found if len(one.dimensions) == 1]
    assert _values(of_function, "Invocations") == [1, 1]
    assert _values(of_function, "Errors") == [0, 1]
    assert _values(of_function, "Duration") == [2000.0, 1000.0]
    assert _values(of_function, "IteratorAge") == [250.0]


def test_an_execution_counts_when_it_starts_and_by_its_end() -> None:
    began, ended = datetime.fromtimestamp(10, UTC), datetime.fromtimestamp(12.5, UTC)
    running, failed = (
        {"startDate": began, "status": "RUNNING"},
        {"startDate": began, "status": "FAILED", "stopDate": ended},
    )
    found = list(invocations.states_samples("arn:machine", [running, failed]))
    assert _values(found, "ExecutionsStarted") == [1, 1]
    assert _values(found, "ExecutionsFailed") == [1]
    assert _values(found, "ExecutionsSucceeded") == _values(found, "ExecutionsTimedOut") == [0]
    assert _values(found, "ExecutionTime") == [2500.0]
    assert {one.dimensions["StateMachineArn"] for one in found} == {"arn:machine"}


class WaitingQueue(RecordingAws):
    waiting = 0

    def call(self, service: str, operation: str, **parameters: object) -> dict[str, Any]:  # noqa: ARG002
        return {"Attributes": {"ApproximateNumberOfMessages": str(self.waiting)}}


def test_a_queue_without_a_reader_grows_older_until_it_is_empty() -> None:
    aws = WaitingQueue()
    queues = messages.Queues(aws, {"lost": "https://queue/lost"})
    for waiting in (0, 2, 2, 0):
        aws.waiting = waiting
        queues.poll()
    found = list(messages.sqs_samples(queues.samples, {}))
    assert _values(found, messages.VISIBLE) == [0, 2, 2, 0]
    first, second, third, last = _values(found, messages.AGE)
    assert first == second == last == 0
    assert third > 0


def test_readers_tell_what_was_sent_received_and_deleted_and_how_old_it_was() -> None:
    polled = [
        Sample(messages.SQS_NAMESPACE, messages.AGE, {"QueueName": "read"}, "Seconds", 1.0, age) for age in (99.0, 0.0)
    ]
    found = list(messages.sqs_samples(polled, {"read": [RECEIVED]}))
    assert _values(found, messages.AGE) == [0.0, 0.5]
    assert [(one.metric, one.time) for one in found if one.metric != messages.AGE] == [
        ("NumberOfMessagesSent", 11.5),
        ("NumberOfMessagesReceived", 12.0),
        ("NumberOfMessagesDeleted", 12.0),
    ]


def test_the_topic_counts_what_the_relay_and_the_machine_published() -> None:
    own = [Sample("space", EVENTS_PUBLISHED.name, {}, "Count", 3.0, 10)]
    resource = {"resource": "arn:aws:states:::sns:publish"}
    history = [{"timestamp": datetime.fromtimestamp(4, UTC), "taskSucceededEventDetails": resource}]
    found = list(
        messages.sns_samples("arn:aws:sns:eu-west-1:1:topic", own, [history], {"a": [RECEIVED], "b": [RECEIVED]}, 9.0)
    )
    assert _values(found, "NumberOfMessagesPublished") == [10, 1]
    assert _values(found, "NumberOfNotificationsDelivered") == [1, 1]
    assert [one.assumed for one in found if one.metric == "NumberOfNotificationsFailed"] == [True]


def test_trace_documents_tell_how_long_the_table_took() -> None:
    """At whatever depth; calls that failed, and calls of other services, do not count."""
    aws = {"operation": "GetItem", "table_name": "table"}
    good = {"namespace": "aws", "name": "DynamoDB", "aws": aws, "start_time": 1.0, "end_time": 1.25}
    documents = [{"name": "read", "subsegments": [good]}, good | {"fault": True}, good | {"name": "S3"}]
    found = list(invocations.dynamodb_samples("table", documents, 9.0))
    assert [(one.value, one.dimensions) for one in found if one.metric == invocations.LATENCY] == [
        (250.0, {"TableName": "table", "Operation": "GetItem"})
    ]
    assert {one.value for one in found if one.assumed} == {0.0}


class Rules(RecordingAws):
    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        match operation:
            case "list_rules":
                return {"Rules": [{"Name": "upload", "EventPattern": COMPLETED}, {"Name": "other"}]}
            case "test_event_pattern":
                return {"Result": parameters["EventPattern"] in parameters["Event"]}
            case "list_schedules":
                return {"Schedules": [{"GroupName": "group", "Target": {"Arn": ALIAS["one"]}}]}
        return super().call(service, operation, **parameters)


def test_a_rule_counts_the_events_that_match_it() -> None:
    sent = [Sent(7.0, "source", COMPLETED, {}), Sent(8.0, "source", "another kind", {})]
    found = list(messages.events_samples(Rules(), sent, 9.0))
    known = {one.dimensions["RuleName"]: (one.time, one.value) for one in found if one.metric == "Invocations"}
    assert known == {"upload": (7.0, 1), "other": (9.0, 0)}
    assert {one.dimensions["RuleName"] for one in found if one.assumed and one.metric == "Invocations"} == {"other"}


def test_a_schedule_counts_the_calls_of_its_function() -> None:
    called = calls(call("one", "r-1", 6.0, 2.0) + call("two", "r-2", 6.0, 2.0))
    found = list(messages.scheduler_samples(Rules(), called, ALIAS, 9.0))
    assert {one.dimensions["ScheduleGroup"] for one in found} == {"group"}
    assert [(one.metric, one.time, one.value, one.assumed) for one in found] == [
        ("InvocationAttemptCount", 4.0, 1, False),
        ("InvocationDroppedCount", 9.0, 0, True),
    ]


def test_an_upload_counts_for_the_server() -> None:
    upload = Upload("/bucket/key", size=17, arrived=3.0, earlier=[])
    assert [(one.metric, one.value, one.time) for one in messages.transfer_samples("s-1", [upload])] == [
        ("FilesIn", 1, 3.0),
        ("BytesIn", 17, 3.0),
    ]

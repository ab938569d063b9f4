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
    return [sample.value for sample in samples if sample.metric == metric]


def test_a_record_is_a_sample_for_each_set_of_dimensions_and_each_value() -> None:
    record = emf(["service"], ["service", "reason"], service="s", reason="late", Rows=[1, 2])
    samples = list(own_metrics(call("one", "r-1", 6.0, 2.0, record)))
    assert [(dict(sample.dimensions), sample.value) for sample in samples] == [
        ({"service": "s"}, 1.0),
        ({"service": "s"}, 2.0),
        ({"service": "s", "reason": "late"}, 1.0),
        ({"service": "s", "reason": "late"}, 2.0),
    ]
    assert {(sample.namespace, sample.metric, sample.unit, sample.time) for sample in samples} == {
        ("space", "Rows", "Count", 5.5)
    }


def test_own_metrics_are_put_with_their_dimensions_in_calls_of_150_values() -> None:
    aws = RecordingAws()
    samples = [Sample("space", "Rows", {"service": "s"}, "Count", 1.0, value) for value in range(200)]
    put(aws, samples)
    batches: list[Any] = [parameters["MetricData"] for _, parameters in aws.calls]
    dimensions = [{"Name": "service", "Value": "s"}]
    assert [(data["MetricName"], data["Dimensions"]) for [data] in batches] == [("Rows", dimensions)] * 2
    assert [datum["Values"] for data in batches for datum in data[:1]] == [
        list(range(150)),
        list(range(150, 200)),
    ]


def test_a_call_counts_for_its_function_its_alias_and_its_version() -> None:
    record = emf(["service"], service="s", **{EVENT_AGE.name: 0.25})
    broken = call("one", "r-2", 9.0, 1.0, "Traceback (most recent call last):")
    samples = list(invocations.lambda_samples(calls(call("one", "r-1", 6.0, 2.0, record) + broken), ALIAS))
    whole, by_alias, by_version = list(dict.fromkeys(tuple(sample.dimensions.items()) for sample in samples))
    assert whole == (("FunctionName", "stack-one"),)
    assert by_alias == (*whole, ("Resource", "stack-one:live"))
    assert by_version == (*by_alias, ("ExecutedVersion", "3"))
    of_function = [sample for sample in samples if len(sample.dimensions) == 1]
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
    samples = list(invocations.states_samples("arn:machine", [running, failed]))
    assert _values(samples, "ExecutionsStarted") == [1, 1]
    assert _values(samples, "ExecutionsFailed") == [1]
    assert _values(samples, "ExecutionsSucceeded") == _values(samples, "ExecutionsTimedOut") == [0]
    assert _values(samples, "ExecutionTime") == [2500.0]
    assert {sample.dimensions["StateMachineArn"] for sample in samples} == {"arn:machine"}


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
    samples = list(messages.sqs_samples(queues.samples, {}))
    assert _values(samples, messages.VISIBLE) == [0, 2, 2, 0]
    first, second, third, last = _values(samples, messages.AGE)
    assert first == second == last == 0
    assert third > 0


def test_samples_of_readers_have_counts_and_ages() -> None:
    polled = [
        Sample(messages.SQS_NAMESPACE, messages.AGE, {"QueueName": "read"}, "Seconds", 1.0, age) for age in (99.0, 0.0)
    ]
    samples = list(messages.sqs_samples(polled, {"read": [RECEIVED]}))
    assert _values(samples, messages.AGE) == [0.0, 0.5]
    assert [(sample.metric, sample.time) for sample in samples if sample.metric != messages.AGE] == [
        ("NumberOfMessagesSent", 11.5),
        ("NumberOfMessagesReceived", 12.0),
        ("NumberOfMessagesDeleted", 12.0),
    ]


def test_the_topic_counts_messages_of_the_relay_and_the_machine() -> None:
    own = [Sample("space", EVENTS_PUBLISHED.name, {}, "Count", 3.0, 10)]
    resource = {"resource": "arn:aws:states:::sns:publish"}
    history = [{"timestamp": datetime.fromtimestamp(4, UTC), "taskSucceededEventDetails": resource}]
    samples = list(
        messages.sns_samples("arn:aws:sns:eu-west-1:1:topic", own, [history], {"a": [RECEIVED], "b": [RECEIVED]}, 9.0)
    )
    assert _values(samples, "NumberOfMessagesPublished") == [10, 1]
    assert _values(samples, "NumberOfNotificationsDelivered") == [1, 1]
    assert [sample.assumed for sample in samples if sample.metric == "NumberOfNotificationsFailed"] == [True]


def test_samples_of_the_table_have_the_latency_of_trace_documents() -> None:
    """At whatever depth; calls that failed, and calls of other services, do not count."""
    aws = {"operation": "GetItem", "table_name": "table"}
    good = {"namespace": "aws", "name": "DynamoDB", "aws": aws, "start_time": 1.0, "end_time": 1.25}
    documents = [{"name": "read", "subsegments": [good]}, good | {"fault": True}, good | {"name": "S3"}]
    samples = list(invocations.dynamodb_samples("table", documents, 9.0))
    assert [(sample.value, sample.dimensions) for sample in samples if sample.metric == invocations.LATENCY] == [
        (250.0, {"TableName": "table", "Operation": "GetItem"})
    ]
    assert {sample.value for sample in samples if sample.assumed} == {0.0}


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
    samples = list(messages.events_samples(Rules(), sent, 9.0))
    known = {
        sample.dimensions["RuleName"]: (sample.time, sample.value)
        for sample in samples
        if sample.metric == "Invocations"
    }
    assert known == {"upload": (7.0, 1), "other": (9.0, 0)}
    assert {
        sample.dimensions["RuleName"] for sample in samples if sample.assumed and sample.metric == "Invocations"
    } == {"other"}


def test_a_schedule_counts_the_calls_of_its_function() -> None:
    called = calls(call("one", "r-1", 6.0, 2.0) + call("two", "r-2", 6.0, 2.0))
    samples = list(messages.scheduler_samples(Rules(), called, ALIAS, 9.0))
    assert {sample.dimensions["ScheduleGroup"] for sample in samples} == {"group"}
    assert [(sample.metric, sample.time, sample.value, sample.assumed) for sample in samples] == [
        ("InvocationAttemptCount", 4.0, 1, False),
        ("InvocationDroppedCount", 9.0, 0, True),
    ]


def test_an_upload_counts_for_the_server() -> None:
    upload = Upload("/bucket/key", size=17, arrived=3.0, earlier=[])
    assert [(sample.metric, sample.value, sample.time) for sample in messages.transfer_samples("s-1", [upload])] == [
        ("FilesIn", 1, 3.0),
        ("BytesIn", 17, 3.0),
    ]

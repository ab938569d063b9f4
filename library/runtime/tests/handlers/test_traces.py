"""What a call tells X-Ray's daemon: its work, its AWS calls, how they ended, and never what they were about."""

import json
import re
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber
from payment.context import PAYMENT

from bounded_context import aws
from bounded_context.application.ports import THROTTLING_CODES
from bounded_context.telemetry import about, continuing, entry_point, span, traceparent, watched
from bounded_context.telemetry.traces import MOST_OF_OTHERS, Allowance
from bounded_context.testing.functions import TABLE
from tests.commands import CREATE
from tests.handlers.conftest import HEADER, PARENT, TRACE, Daemon, LambdaContext
from tests.handlers.functions import ID, SAMPLES
from tests.handlers.test_commands import _create

ROOT = f"1-{TRACE[:8]}-{TRACE[8:]}"
CARRIED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def _call(work: Any, context: LambdaContext) -> Any:
    return entry_point(PAYMENT)(lambda _event, _context: work())({}, context)


@pytest.mark.usefixtures("function", "sampled")
def test_a_call_is_a_subsegment_with_its_aws_calls_below_it(daemon: Daemon, context: LambdaContext):
    """Who wrote what where, how long it took, and no value of it."""
    _create(context)
    *calls, own = daemon.documents()
    assert (own["trace_id"], own["parent_id"], own["type"]) == (ROOT, PARENT, "subsegment")
    ids = {ID: SAMPLES.aggregate(1).id, "command": CREATE[0].__name__}
    expected = {"stack": "tests", "function": "function"} | ids
    assert own["annotations"] == expected
    assert own["start_time"] < own["end_time"]
    assert {call["parent_id"] for call in calls} == {own["id"]}
    assert {(call["namespace"], call["name"], call["aws"]["table_name"]) for call in calls} == {
        ("aws", "DynamoDB", TABLE)
    }
    assert "PutItem" in {call["aws"]["operation"] for call in calls}
    assert all(call["aws"]["request_id"] and call["aws"]["region"] for call in calls)
    assert not any("fault" in document for document in [*calls, own])
    # A short value, such as 1 or true, may stand there for something else.
    values = {value for value in SAMPLES.values(1).values() if len(value) > 4} - {SAMPLES.aggregate(1).id}
    assert not [value for value in values if value in json.dumps([*calls, own])]


@pytest.mark.usefixtures("sampled")
@pytest.mark.parametrize("code", sorted(THROTTLING_CODES))
def test_a_throttled_aws_call_is_marked_as_throttled(daemon: Daemon, context: LambdaContext, code: str):
    """By the code alone: most services answer with 400."""
    client = watched(boto3.client("dynamodb", region_name="eu-west-1"))

    def work() -> None:
        with Stubber(client) as stub, pytest.raises(ClientError):
            stub.add_client_error("list_tables", code, http_status_code=400)
            client.list_tables()

    _call(work, context)
    assert daemon.documents()[0]["throttle"]


@pytest.mark.usefixtures("sampled")
def test_spans_hang_below_one_another(daemon: Daemon, context: LambdaContext):
    """Each names the one that it is a part of."""

    def work() -> None:
        with span("outer"), span("in <ner>"):
            pass

    _call(work, context)
    inner, outer, own = daemon.documents()
    assert [inner["name"], outer["name"]] == ["in _ner_", "outer"]
    assert [inner["parent_id"], outer["parent_id"]] == [outer["id"], own["id"]]


@pytest.mark.usefixtures("sampled")
def test_a_traced_failure_has_only_its_type(daemon: Daemon, context: LambdaContext):
    """On each level that it went through."""

    def work() -> None:
        with span("work"):
            raise LookupError("of a secret thing")

    with pytest.raises(LookupError):
        _call(work, context)
    for document in daemon.documents():
        assert document["fault"]
        assert [exception["type"] for exception in document["cause"]["exceptions"]] == ["LookupError"]
        assert "secret" not in json.dumps(document)


@pytest.mark.usefixtures("function", "sampled")
def test_a_refused_aws_call_is_an_error_by_its_code(daemon: Daemon, context: LambdaContext):
    """It names what was missing in AWS's own words, and no object."""
    with pytest.raises(ClientError):
        _call(lambda: watched(boto3.client("s3")).get_object(Bucket="nowhere", Key="some-person.csv"), context)
    call, _own = daemon.documents()
    assert (call["name"], call["error"], call["http"]["response"]["status"]) == ("S3", True, 404)
    assert call["cause"]["exceptions"][0]["type"] == "NoSuchBucket"
    assert call["aws"]["bucket_name"] == "nowhere"
    assert "person" not in json.dumps(call)


@pytest.mark.usefixtures("no_network", "sampled")
def test_an_aws_call_without_an_answer_is_a_fault(daemon: Daemon, context: LambdaContext, monkeypatch: Any):
    """The type of the exception says what happened on the way."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _seconds: None)
    with pytest.raises(EndpointConnectionError):
        _call(lambda: aws.files().write("key", b""), context)
    call, own = daemon.documents()
    assert call["cause"]["exceptions"][0]["type"] == "EndpointConnectionError"
    assert call["fault"] and own["fault"]


@pytest.mark.usefixtures("sampled")
def test_a_message_is_continued_in_its_own_trace_and_both_name_each_other(daemon: Daemon, context: LambdaContext):
    """Who looks at one finds the other."""

    def work() -> None:
        with continuing(CARRIED, "a function"):
            pass

    _call(work, context)
    segment, own = daemon.documents()
    assert "type" not in segment
    assert (segment["trace_id"], segment["parent_id"]) == ("1-0af76519-16cd43dd8448eb211c80319c", "b7ad6b7169203331")
    assert segment["annotations"]["linked_trace"] == ROOT
    assert own["metadata"]["default"]["linked_traces"] == [segment["trace_id"]]


@pytest.mark.usefixtures("sampled")
@pytest.mark.parametrize(("ours", "recorded"), [(False, 10), (True, 50)])
def test_others_may_have_ten_traces_a_minute_recorded_here(
    ours: bool, recorded: int, daemon: Daemon, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
):
    """Each costs money here, and a flag is quickly set; all is worked on, and what X-Ray chose to record counts."""
    monkeypatch.setattr("bounded_context.telemetry.traces._OF_OTHERS", Allowance(MOST_OF_OTHERS, lambda: 0))
    numbers: list[int] = []

    def work() -> None:
        for number in range(50):
            with continuing(f"00-{number + 1:032x}-b7ad6b7169203331-01", "a function", ours=ours):
                numbers.append(number)

    _call(work, context)
    assert numbers == list(range(50))
    *segments, _own = daemon.documents()
    assert len({segment["trace_id"] for segment in segments}) == recorded


def test_a_trace_that_is_recorded_is_recorded_whole_and_the_next_minute_is_another() -> None:
    """A list of others has thousands of events in one trace, which is paid once."""
    seconds = 0.0
    allowance = Allowance(2, lambda: seconds)
    assert [allowance.admits(trace) for trace in ("a", "b", "c", "a", "b")] == [True, True, False, True, True]
    seconds = 59.9
    assert not allowance.admits("c")
    seconds = 60.0
    assert [allowance.admits(trace) for trace in ("c", "a", "b")] == [True, True, False]


@pytest.mark.usefixtures("sampled")
@pytest.mark.parametrize("carried", [None, "", "junk", CARRIED.removesuffix("1") + "0"])
def test_a_message_without_a_recorded_trace_is_not_continued(carried: Any, daemon: Daemon, context: LambdaContext):
    """It is worked on all the same."""
    calls: list[str] = []

    def work() -> None:
        with continuing(carried, "a function"):
            calls.append("work")

    _call(work, context)
    assert calls == ["work"]
    [own] = daemon.documents()
    assert "metadata" not in own


def _everything() -> str:
    about(list_id="l-1")
    with span("work"):
        return traceparent()


@pytest.mark.parametrize("header", [None, "", "junk", HEADER.replace("Sampled=1", "Sampled=0")])
def test_an_unsampled_call_sends_no_document(
    header: str | None, daemon: Daemon, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
):
    """What the call causes is told so: the last digit of its traceparent."""
    monkeypatch.delenv("_X_AMZN_TRACE_ID", raising=False)
    if header is not None:
        monkeypatch.setenv("_X_AMZN_TRACE_ID", header)
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-00", _call(_everything, context))
    assert daemon.documents() == []


@pytest.mark.usefixtures("sampled")
@pytest.mark.parametrize("address", [None, "", "nowhere", "127.0.0.1:", "127.0.0.1:port", "127.0.0.1:99999", ":2000"])
def test_without_a_daemon_the_work_is_done(address: str | None, context: LambdaContext, monkeypatch: Any):
    """Nothing is sent, and nothing fails."""
    monkeypatch.delenv("AWS_XRAY_DAEMON_ADDRESS", raising=False)
    if address is not None:
        monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", address)
    assert _call(_everything, context) == f"00-{TRACE}-{PARENT}-01"


@pytest.mark.usefixtures("sampled")
def test_a_document_that_is_too_long_for_a_datagram_is_lost(daemon: Daemon, context: LambdaContext):
    """The call is not."""

    def work() -> str:
        for number in range(100):
            about(**{f"key_{number}": "x" * 2000})
        return "done"

    assert _call(work, context) == "done"
    assert daemon.documents() == []


def test_all_effects_of_a_call_have_one_trace_also_if_it_is_not_recorded(context: LambdaContext):
    """Two items of one call are found together."""
    assert _call(lambda: traceparent() == traceparent(), context)
    assert _call(traceparent, context) != _call(traceparent, context)

"""The workflow's Lambda functions, one after the other as the state machine calls them."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus

import boto3
import pytest
from boto3.dynamodb.types import TypeSerializer
from payment.context import PAYMENT
from pydantic import ValidationError

from bounded_context.adapters.items import LIST, TRACEPARENT
from bounded_context.declaration.context import OWN_FIELDS
from bounded_context.domain.events import from_traceparent
from bounded_context.domain.lists import TAG, THREAT
from bounded_context.testing.functions import BUCKET
from bounded_context_infra.declaration.queries import is_of_others
from tests.handlers.conftest import HEADER, PARENT, TRACE, LambdaContext
from tests.handlers.functions import ID, SAMPLES, handler

pytestmark = pytest.mark.usefixtures("function")
KEY = "incoming/acme/january.csv"
UPLOAD = {"upload": {"path": f"/{BUCKET}/{KEY}"}, "execution": "run-1"}


def _call(step: str, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return handler(step)(event, context)


@pytest.fixture
def sent(bucket: Any, table: Any) -> list[dict[str, str]]:
    """A list of 25 rows in the inbox, and what it refers to in the projection."""
    rows = [SAMPLES.values(n) for n in range(25)]
    bucket.put_object(Bucket=BUCKET, Key=KEY, Body=SAMPLES.file(rows))
    for known in SAMPLES.projection():
        table.put_item(Item=known)
    return rows


def _verified(context: LambdaContext) -> dict[str, Any]:
    event = _call("register_list", UPLOAD, context)
    return _verify(_call("validate_list", event, context), context)


def _verify(validated: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Call the verification as the workflow does: for the list, for each part, and for the decision."""
    event = _call("verify_subscription", validated, context)
    assert event["outcome"] == "SPLIT"
    for part in _parts(event["list_id"], "manifest.json"):
        _call("verify_subscription", {"list_id": event["list_id"], "part": part}, context)
    return _call("verify_subscription", event, context)


def _parts(list_id: str, name: str = "import.json") -> list[dict[str, Any]]:
    """What a map of the workflow reads: the parts to import, or to verify."""
    manifest = boto3.client("s3").get_object(Bucket=BUCKET, Key=f"staging/{list_id}/{name}")
    return json.loads(manifest["Body"].read())


def test_a_list_is_imported_from_the_inbox_into_the_table(
    sent: list[dict[str, str]], table: Any, context: LambdaContext
):
    """Each step answers with the list and the way to go, nothing else."""
    event = _verified(context)
    assert set(event) == {"list_id", "outcome"}
    for part in _parts(event["list_id"]):
        assert _call("import_list", {**event, "part": part}, context)["outcome"] == "IMPORTED"
    imported = [item[ID] for item in table.scan()["Items"] if item.get("list_id") == event["list_id"] and ID in item]
    assert sorted(imported) == [row[ID] for row in sent]


def test_an_event_of_s3_names_the_file_as_well(sent: Any, bucket: Any, context: LambdaContext):
    """Both sources announce the same list."""
    first = _call("register_list", UPLOAD, context)
    version = bucket.head_object(Bucket=BUCKET, Key=KEY)["VersionId"]
    again = {"upload": {"bucket": BUCKET, "key": KEY, "version": version}, "execution": "run-2"}
    assert _call("register_list", again, context) == {**first, "outcome": "ALREADY_REGISTERED"}


def test_an_event_of_transfer_selects_its_own_version(sent: Any, bucket: Any, context: LambdaContext):
    """Its detail has size and tag; the file has been replaced since."""
    head = bucket.head_object(Bucket=BUCKET, Key=KEY)
    bucket.put_object(Bucket=BUCKET, Key=KEY, Body=b"the next day's")
    detail = {"bytes": head["ContentLength"], "etag": head["ETag"].strip('"')}
    first = _call("register_list", {"upload": {**UPLOAD["upload"], "detail": detail}, "execution": "run-1"}, context)
    named = {"bucket": BUCKET, "key": KEY, "version": head["VersionId"]}
    again = _call("register_list", {"upload": named, "execution": "run-2"}, context)
    assert again == {**first, "outcome": "ALREADY_REGISTERED"}


def test_a_failed_list_is_undone_and_announced(sent: list[dict[str, str]], table: Any, context: LambdaContext):
    """The event is ready to publish: type, subject, outcome, reason and where the report lies."""
    event = _verified(context)
    _call("import_list", {**event, "part": _parts(event["list_id"])[0]}, context)
    answer = _call("compensate_error", {**event, "error": {"Error": "States.Timeout"}}, context)

    assert answer["outcome"] == "FAILED"
    assert answer["event"]["type"].endswith("ListRejected")
    assert answer["event"]["subject"] == event["list_id"]
    assert answer["event"]["data"]["report"] == "reports/acme/january.csv.report.csv"
    assert not [item for item in table.scan()["Items"] if ID in item]


def test_a_list_is_undone_part_by_part_and_then_closed(sent: Any, table: Any, context: LambdaContext):
    """A child of the map gives no event: the list is told of once, when nothing of it is left."""
    event = _verified(context)
    parts = _parts(event["list_id"])
    for part in parts[:2]:
        _call("import_list", {**event, "part": part}, context)
    for part in parts:
        undone = _call("compensate_error", {**event, "part": part}, context)
        assert undone == {"list_id": event["list_id"], "outcome": "UNDONE"}
    assert not [item for item in table.scan()["Items"] if ID in item]
    assert _call("compensate_error", event, context)["outcome"] == "FAILED"


@pytest.mark.usefixtures("sampled")
def test_all_that_a_list_causes_belongs_where_it_came_in(
    sent: Any, table: Any, topic: tuple[str, str], context: LambdaContext, monkeypatch: pytest.MonkeyPatch
):
    """Each later step has a trace of its own, and leaves its list's with every item and in every event."""
    came_in = f"00-{TRACE}-{PARENT}-01"
    event = _call("register_list", UPLOAD, context)
    monkeypatch.setenv("_X_AMZN_TRACE_ID", HEADER.replace(TRACE[8:], "f" * 24))
    _call("validate_list", event, context)
    _call("verify_subscription", event, context)
    _call("import_list", {**event, "part": _parts(event["list_id"])[0]}, context)
    stored = table.scan()["Items"]
    kept = [item for item in stored if item["pk"].startswith((LIST, PAYMENT.key_prefix))]
    assert len(kept) == 11
    assert {item[TRACEPARENT] for item in kept} == {came_in}

    _call("relay_events", {"Records": [_inserted(item) for item in kept if ID in item]}, context)
    sqs: Any = boto3.client("sqs")
    messages = sqs.receive_message(QueueUrl=topic[1], MaxNumberOfMessages=10, MessageAttributeNames=["All"])["Messages"]
    assert len(messages) == 10
    assert {json.loads(message["Body"])["traceparent"] for message in messages} == {came_in}
    assert {message["MessageAttributes"]["traceparent"]["StringValue"] for message in messages} == {came_in}

    assert _call("compensate_error", event, context)["event"]["traceparent"] == came_in


def _inserted(item: dict[str, Any]) -> dict[str, Any]:
    change = {"NewImage": {name: TypeSerializer().serialize(value) for name, value in item.items()}}
    return {"eventName": "INSERT", "eventID": "e", "dynamodb": {**change, "SequenceNumber": "1"}}


def test_a_list_recorded_without_a_trace_is_imported(sent: Any, table: Any, context: LambdaContext):
    """Its items have no place in a trace; the event of its rejection has one all the same."""
    event = _call("register_list", UPLOAD, context)
    table.update_item(Key={"pk": f"LIST#{event['list_id']}"}, UpdateExpression=f"REMOVE {TRACEPARENT}")
    _call("validate_list", event, context)
    _call("verify_subscription", event, context)
    _call("import_list", {**event, "part": _parts(event["list_id"])[0]}, context)
    assert not [item for item in table.scan()["Items"] if TRACEPARENT in item]
    assert from_traceparent(_call("compensate_error", event, context)["event"]["traceparent"])


@pytest.mark.parametrize("written", [str, lambda key: quote_plus(key, safe="/")], ids=["plain", "encoded"])
def test_an_object_of_an_odd_name_is_registered(
    bucket: Any, table: Any, context: LambdaContext, written: Callable[[str], str]
):
    """However its event writes the key: S3 itself says which is there."""
    key = "incoming/acme/Größe 1 & 2+3.csv"
    version = bucket.put_object(Bucket=BUCKET, Key=key, Body=SAMPLES.file([SAMPLES.values(0)]))["VersionId"]
    upload = {"bucket": BUCKET, "key": written(key), "version": version}
    event = _call("register_list", {"upload": upload, "execution": "run-1"}, context)
    assert event["outcome"] == "REGISTERED"
    assert table.get_item(Key={"pk": f"{LIST}{event['list_id']}"})["Item"]["key"] == key


def test_a_repeated_rename_leaves_the_remains_of_a_broken_upload_alone(bucket: Any, table: Any, context: LambdaContext):
    """Through the functions, on S3 and the table."""
    remains, whole = (SAMPLES.file([SAMPLES.values(n) for n in range(rows)]) for rows in (1, 2))
    bucket.put_object(Bucket=BUCKET, Key=KEY, Body=remains)
    upload = {"path": f"/{BUCKET}/{KEY}"}
    broken = {"upload": {**upload, "failed": "event-1", "detail": {"bytes": len(remains)}}, "execution": "run-1"}
    assert _call("register_list", broken, context)["outcome"] == "REFUSED"
    bucket.put_object(Bucket=BUCKET, Key=KEY, Body=whole)
    outcomes = [_call("register_list", {"upload": upload, "execution": f"run-{n}"}, context) for n in (2, 3)]
    assert [outcome["outcome"] for outcome in outcomes] == ["REGISTERED", "ALREADY_REGISTERED"]


def test_an_upload_that_broke_off_is_refused(context: LambdaContext):
    """Also if it left nothing behind."""
    broken = {"upload": {"path": f"/{BUCKET}/{KEY}", "failed": "event-1"}, "execution": "run-1"}
    assert _call("register_list", broken, context)["outcome"] == "REFUSED"


@pytest.mark.parametrize("step", ["register_list", "validate_list", "import_list", "compensate_error"])
def test_an_event_of_another_form_is_an_error_that_names_the_missing_member(step: str, context: LambdaContext):
    """A wrongly wired workflow shows at once."""
    with pytest.raises(ValidationError, match="Field required"):
        _call(step, {}, context)


def test_no_other_item_has_the_attribute_of_an_index(sent: list[dict[str, str]], table: Any, context: LambdaContext):
    """Items of lists, of others' things and of remembered answers have names that are all written down."""
    event = _verified(context)
    _call("import_list", {**event, "part": _parts(event["list_id"])[0]}, context)
    _call("compensate_error", {**event, "error": {"Error": "States.Timeout"}}, context)
    message = {"idempotency_key": "key-1", "payload": {**SAMPLES.values(40)}}
    assert handler(PAYMENT.command_functions[0])(message, context)["ok"]
    others = [item for item in table.scan()["Items"] if not item["pk"].startswith(PAYMENT.key_prefix)]
    assert len({item["pk"].partition("#")[0] for item in others}) >= 3
    assert all(is_of_others(PAYMENT, name) for item in others for name in item.keys() - OWN_FIELDS)


def test_nor_has_a_list_behind_the_malware_gate(
    sent: list[dict[str, str]], bucket: Any, table: Any, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
):
    """Before its scan, and after."""
    monkeypatch.setenv("MALWARE", "guardduty")
    version = bucket.head_object(Bucket=BUCKET, Key=KEY)["VersionId"]
    _call("register_list", UPLOAD, context)
    names = {name for item in table.scan()["Items"] for name in item}
    tags = {"TagSet": [{"Key": TAG, "Value": THREAT}]}
    bucket.put_object_tagging(Bucket=BUCKET, Key=KEY, VersionId=version, Tagging=tags)
    scanned = {"bucket": BUCKET, "key": KEY, "version": version, "scan": THREAT}
    _call("register_list", {"upload": scanned, "execution": "run-2"}, context)
    names |= {name for item in table.scan()["Items"] for name in item}
    assert {"awaits_scan", "scan", "reason"} <= names
    assert all(is_of_others(PAYMENT, name) for name in names - OWN_FIELDS)

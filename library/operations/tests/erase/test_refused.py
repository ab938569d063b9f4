"""Missing permissions, contradictory input, and stores that nobody can change."""

import json
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from payment.context import PAYMENT

from bounded_context.declaration.structure import Structure
from bounded_context_operations.repair.redrive.messages import HIDDEN_SECONDS
from bounded_context_platform.permissions.grants import ROLES
from tests.erase.conftest import PERSON, Stack
from tests.permissions.watched import ROLE, Watched, tried

BESIDE = {"kms:Decrypt", "kms:GenerateDataKey"}
"""Required by AWS for the other calls."""

NAMES = {
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:GetObject": "s3:GetObjectVersion",
    "s3:DeleteObject": "s3:DeleteObjectVersion",
}
"""IAM's names of calls with a version."""

CALLED = sorted({action for grant in ROLES["erase"] for action in (*grant.read, *grant.write)} - BESIDE)


DAY = timedelta(days=1)


def watch(stack: Stack, lacking: str | None = None) -> set[str]:
    """Record the actions of the command's calls from now on, and refuse one."""
    actions: set[str] = set()
    call = next((name for name, action in NAMES.items() if action == lacking), lacking)
    watched = {name: Watched(client, name, actions, call) for name, client in stack.services().items()}
    stack.services = lambda: watched
    return actions


def test_an_erasure_needs_all_actions_of_its_policy_and_no_other(stack: Stack) -> None:
    """With personal data in each store."""
    actions = watch(stack)
    stack.erase("--go")
    assert {NAMES.get(action, action) for action in actions} == set(CALLED)


@pytest.mark.parametrize("action", tried(action for action in CALLED if action != "sqs:ChangeMessageVisibility"))
def test_a_missing_action_is_reported_with_the_role_and_the_document(action: str, stack: Stack) -> None:
    """The other stores are erased all the same, and a run with the permission completes the erasure."""
    watch(stack, action)
    status, out, err = stack.say(PERSON, "--go")
    assert status in (1, 2)
    assert f"the role {ROLE} may not" in out + err
    assert "`context permissions erase <stack>`" in out + err
    del stack.services
    stack.clock.sleep(HIDDEN_SECONDS)
    assert stack.erase("--go").status == 0
    assert stack.known() == []


def test_unchangeable_stores_have_a_date(stack: Stack) -> None:
    """The stream for a day, recovery for its period, a backup until a person deletes it, a queue as it retains."""
    table = "table"
    enabled = {"PointInTimeRecoveryEnabled": True}
    stack.dynamodb.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=enabled)
    stack.dynamodb.create_backup(TableName=table, BackupName="before-the-move")
    stack.sqs.put(stack.queues["bi"], {"subject": PERSON})
    now = stack.clock.now()
    expires = {entry["store"]: entry["until"] for entry in stack.erase("--go").report["expires"]}
    days = {name: until and (datetime.fromisoformat(until) - now) / DAY for name, until in expires.items()}
    assert {name: until and round(until) for name, until in days.items()} == {
        "the table's stream": 1,
        "history of the lists' executions": 90,
        "unconverted events of the archive analysts": 45,
        "point-in-time recovery": 35,
        "backup before-the-move": None,
        "queue bi": 21,
        "queue inbound": 21,
    }


def test_exported_files_have_a_date(stack: Stack) -> None:
    """Of a context with exports: a file expires, and its version 30 days later."""
    outputs = json.loads(stack.file.read_text())
    stack.file.write_text(json.dumps({**outputs, "outgoing_days": 14}))
    now = stack.clock.now()
    [until] = [entry["until"] for entry in stack.erase().report["expires"] if entry["store"] == "exported files"]
    assert round((datetime.fromisoformat(until) - now) / DAY) == 44


def test_partners_with_copies_of_exported_files_are_named(stack: Stack) -> None:
    """A file on a partner's own server is the partner's."""
    outputs = json.loads(stack.file.read_text())
    more = {"outgoing_days": 14, "deliveries": {"acme": "c-0123456789abcdef0"}}
    stack.file.write_text(json.dumps({**outputs, **more}))
    stores = [entry["store"] for entry in stack.erase().report["expires"]]
    assert "exported files (the servers of acme have copies: ask these partners)" in stores


def test_a_model_without_personal_fields_is_refused(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """An erasure would delete the aggregate and leave the data in all other stores."""
    monkeypatch.setattr(Structure, "personal", property(lambda _: {}))
    ran = stack.erase("--go")
    assert (ran.status, ran.report["result"]) == (2, "refused")
    assert "Personal" in ran.report["why"]
    assert stack.item()


def test_a_row_of_a_list_that_opens_meanwhile_waits(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its execution counts the row, and may undo it."""
    put, lists = stack.dynamodb.put_item, boto3.resource("dynamodb").Table("table")
    imported: list[str] = []

    def late(**request: Any) -> Any:
        if not imported:
            imported.append("f" * 32)
            lists.put_item(Item={"pk": f"LIST#{imported[0]}", "status": "IMPORTING"})
            lists.put_item(Item={**(stack.item() or {}), "list_id": imported[0], "etag": "another.1"})
        return put(**request)

    monkeypatch.setattr(stack.dynamodb, "put_item", late)
    ran = stack.erase("--go")
    [entry] = ran.remaining("table")
    assert (ran.status, imported[0] in entry["why"]) == (1, True)
    assert (stack.item() or {})["list_id"] == imported[0]


@pytest.mark.parametrize(
    "identity", ["", " ", "*", f"'{PERSON}'", f"{PERSON} ", f"{PAYMENT.key_prefix}{PERSON}", "p" * 2048]
)
def test_an_id_that_no_aggregate_can_have_is_refused(identity: str, stack: Stack) -> None:
    """An empty text is in every document."""
    before = stack.known()
    status, out, err = stack.say(identity, "--go")
    assert (status, out, "is not an id" in err) == (2, "", True)
    assert stack.known() == before != []


def test_an_item_of_a_newer_model_waits(stack: Stack) -> None:
    """A field that this repository does not know may be personal."""
    item: Any = stack.item() or {}
    key = {"pk": {"S": item["pk"]}}
    values = {":phone": {"S": "555"}}
    update = "SET phone = :phone"
    stack.dynamodb.update_item(TableName="table", Key=key, UpdateExpression=update, ExpressionAttributeValues=values)
    ran = stack.erase("--go")
    assert ["phone" in entry["why"] for entry in ran.remaining("table")] == [True]
    assert stack.item()


def test_messages_that_another_reader_hides_are_reported(stack: Stack) -> None:
    """Such as those of a killed run. Later they are found."""
    parameters: Any = {"MessageSystemAttributeNames": ["All"], "MessageAttributeNames": ["All"], "WaitTimeSeconds": 1}
    stack.sqs.receive_message(QueueUrl=stack.queues["dead"], MaxNumberOfMessages=10, VisibilityTimeout=60, **parameters)
    ran = stack.erase("--go")
    assert (ran.status, bool(ran.store("dead letters of bi")["unknown"])) == (1, True)
    stack.clock.sleep(61)
    assert stack.erase("--go").status == 0


def test_a_failure_of_aws_ends_the_search_of_one_store(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are erased."""

    def fails(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": "InternalError", "Message": "broken"}}, "ListEventSourceMappings")

    monkeypatch.setattr(stack.lambda_, "list_event_source_mappings", fails)
    ran = stack.erase("--go")
    assert (ran.status, ran.store("given-up")["unknown"]) == (1, "InternalError: broken")
    assert {place.partition(" ")[0] for place in stack.known()} == {"given-up"}


def test_a_failure_after_the_erasure_is_no_refusal(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dates of the stores that nobody can change are read last."""

    def fails(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": "InternalError", "Message": "broken"}}, "DescribeContinuousBackups")

    monkeypatch.setattr(stack.dynamodb, "describe_continuous_backups", fails)
    ran = stack.erase("--go")
    assert (ran.status, ran.report["result"], stack.known()) == (1, "left", [])

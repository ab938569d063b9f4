"""The actions of intercepted calls, and the outcome of a fault."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.credentials import Credentials
from urllib3 import HTTPHeaderDict

from bounded_context_cli.programs.recording import run
from bounded_context_lab.storm import Outcome
from bounded_context_lab.storm.checks import commands, section_of
from bounded_context_lab.storm.faults import derive
from bounded_context_lab.storm.interception import _with_body, action_of
from bounded_context_local.stand_ins import Request
from tests.infra.contexts import DEFAULT

FORM = "application/x-www-form-urlencoded; charset=utf-8"


def request(service: str, method: str = "POST", path: str = "/", body: bytes = b"", **headers: str) -> Request:
    signed = f"AWS4-HMAC-SHA256 Credential=ASIA/20260131/eu-west-1/{service}/aws4_request, Signature=0"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method, path, HTTPHeaderDict({"Authorization": signed, **named}), body)


@pytest.mark.parametrize(
    ("sent", "action"),
    [
        (request("dynamodb", X_Amz_Target="DynamoDB_20120810.PutItem"), "dynamodb:PutItem"),
        (request("dynamodb", X_Amz_Target="DynamoDB_20120810.BatchExecuteStatement"), "dynamodb:PartiQLInsert"),
        (request("sns", body=b"Action=PublishBatch&TopicArn=a", Content_Type=FORM), "sns:Publish"),
        (request("s3", "GET", "/bucket?list-type=2&prefix=a"), "s3:ListBucket"),
        (request("s3", "GET", "/bucket?prefix=a&versions"), "s3:ListBucketVersions"),
        (request("s3", "GET", "/bucket/key?versionId=1"), "s3:GetObjectVersion"),
        (request("s3", "PUT", "/bucket/key"), "s3:PutObject"),
        (request("lambda", "GET", "/2015-03-31/event-source-mappings/?x=1"), "lambda:ListEventSourceMappings"),
    ],
)
def test_a_call_has_the_action_that_iam_checks(sent: Request, action: str):
    assert action_of(sent) == action


def test_a_changed_request_is_signed_again_for_its_caller():
    aws: Any = SimpleNamespace(emulator=SimpleNamespace(endpoint="http://127.0.0.1:1"), region="eu-west-1")
    callers: Any = SimpleNamespace(credentials=lambda _: Credentials("AKIAFUNCTION", "secret", "token"))
    sent = request("sns", body=b"Action=PublishBatch&a=1", Content_Type=FORM)
    changed = _with_body(aws, callers, sent, b"Action=PublishBatch&a=2")
    assert (action_of(changed), changed.body) == ("sns:Publish", b"Action=PublishBatch&a=2")
    assert "AKIAFUNCTION" in changed.headers["Authorization"]
    assert changed.headers["X-Amz-Security-Token"] == "token"
    assert _with_body(aws, callers, sent, None) is sent


@pytest.mark.parametrize(
    ("stopped", "lost", "alarms", "kinds"),
    [
        (False, [], {}, []),
        (True, [], {"events-age": "ALARM"}, []),
        (True, [], {}, ["silent"]),
        (True, [], {"api-latency": "ALARM"}, ["silent"]),
        (False, ["an event"], {}, ["lost", "silent"]),
    ],
)
def test_stopped_or_lost_work_without_an_expected_alarm_is_a_finding(
    stopped: bool, lost: list[str], alarms: dict[str, str], kinds: list[str]
):
    [fault] = [fault for fault in derive(run("local"), DEFAULT) if fault.name == "delay:events-bi"]
    outcome = Outcome(fault, stopped=stopped, lost=lost, alarms=alarms)
    assert [finding.split(": ")[1] for finding in outcome.findings()] == kinds
    assert replace(outcome, duplicates=["a change"]).findings()[len(lost)].split(": ")[1] == "duplicate"


@pytest.mark.parametrize(
    ("name", "alarms", "kinds"),
    [
        ("repeat:events-bi", {"events-age": "ALARM"}, []),
        ("repeat:events-bi", {"api-latency": "ALARM", "lists-unfinished": "INSUFFICIENT_DATA"}, []),
        ("repeat:events-bi", {"background-errors": "ALARM"}, ["false alarm"]),
        ("reorder:relay-events-stream", {"table-throttles": "ALARM", "mappings-failing": "ALARM"}, ["false alarm"]),
        ("delay:events-bi", {"background-errors": "ALARM"}, []),
        ("spoil:inbound-queue", {}, ["silent"]),
        ("spoil:inbound-queue", {"dead-letters-warning-2": "ALARM"}, []),
    ],
)
def test_repeated_and_reordered_events_set_off_no_alarm_and_an_unreadable_event_does(
    name: str, alarms: dict[str, str], kinds: list[str]
):
    [fault] = [fault for fault in derive(run("local"), DEFAULT) if fault.name == name]
    assert [finding.split(": ")[1] for finding in Outcome(fault, alarms=alarms).findings()] == kinds


def test_the_redrives_of_a_section_are_followed_and_selections_are_not():
    anchor, section = section_of("Files wait. Runbook: uv run context docs runbook an-upload-started-no-import")
    assert anchor == "an-upload-started-no-import"
    assert commands(section) == [
        "uv run context redrive <stack> unseen --go",
        "uv run context redrive <stack> unseen --older-than 2m --go",
    ]


def test_an_address_instead_of_the_command_names_no_section():
    assert section_of("Files wait. Runbook: https://example.org/#a") == ("", "")

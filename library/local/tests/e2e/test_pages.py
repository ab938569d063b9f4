"""What the pages say that a team adds first, on the embedded AWS: a copy of the repository with all of it written."""

import hashlib
import hmac
import json
import re
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bounded_context_cli.docs import section, steps
from bounded_context_infra.configuration.labels import Labels
from bounded_context_infra.configuration.project import Project
from bounded_context_local.running.context import RunningContext
from bounded_context_local.running.start import running_context

from .dead_letters import redriving
from .facts import CONTEXT, PROJECT
from .neighbours import until
from .reproducing import own, reproduce

pytestmark = pytest.mark.e2e

SECTIONS = ("a-resource-of-your-own-and-a-function-that-uses-it", "a-secret", "a-queue", "a-schedule")
FIRST, SECOND = "s3ntinel-before-the-rotation", "s3ntinel-after-the-rotation"
SHORT = "\nfrom bounded_context.adapters import systems\n\nsystems.MAX_AGE = 1\n"
"""A second in the place of five minutes, for the copy's code alone."""

IN_ORDER = {
    "# letters to payers\n": 'in_order = WorkQueue("in-order", stack, fifo=True)\n',
    'letters.feed(live["send_letter"])\n': 'in_order.feed(live["send_letter"])\n',
}
"""A FIFO queue to the same function, after these lines of the program."""


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningContext]:
    """The context as a team has changed it."""
    copy = tmp_path_factory.mktemp("changed") / "repository"
    shutil.copytree(PROJECT.root, copy, ignore=shutil.ignore_patterns(".venv", "build", "__pycache__", "vendor"))
    for anchor in SECTIONS:
        for step in steps(section("changing", anchor), CONTEXT.name):
            step.follow(copy)
    handler = copy / "src" / CONTEXT.name / "charge.py"
    handler.write_text(handler.read_text() + SHORT)
    program = copy / "infra" / "service" / "__main__.py"
    text = program.read_text().replace("cron(0 6 * * ? *)", "rate(1 minute)")
    for line, ordered in IN_ORDER.items():
        text = text.replace(line, f"{line}{ordered}")
    program.write_text(text)
    # The program's own module of this name may be another program's.
    sys.modules.pop("functions", None)
    with running_context(Project(copy, PROJECT.settings)) as running:
        yield running
    sys.modules.pop("functions", None)


def _put(running: RunningContext, value: str) -> None:
    name = Labels(CONTEXT.name, "local", CONTEXT.owner).name("acquirer-key")
    running.aws.call("secretsmanager", "put_secret_value", SecretId=name, SecretString=value)


def _signed(running: RunningContext) -> str:
    return running.invoke("charge", {"order": "o-1"})["signature"]


def _signature(value: str) -> str:
    return hmac.new(value.encode(), b"o-1", hashlib.sha256).hexdigest()


def test_a_rotated_secret_is_read_and_never_in_clear_text(changed: RunningContext) -> None:
    """The function has the new value once the time is over that it keeps the old one for."""
    _put(changed, FIRST)
    assert _signed(changed) == _signature(FIRST)
    _put(changed, SECOND)
    deadline = time.monotonic() + 30
    while _signed(changed) != _signature(SECOND) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert _signed(changed) == _signature(SECOND)
    for text in (_logs(changed), _environments(changed), repr(vars(changed.deployment)), json.dumps(changed.outputs)):
        assert "charge" in text
        assert FIRST not in text
        assert SECOND not in text


def _logs(running: RunningContext, part: str = "") -> str:
    logs = running.aws.client("logs")
    groups = [
        group["logGroupName"] for group in logs.describe_log_groups()["logGroups"] if part in group["logGroupName"]
    ]
    pages = [logs.get_paginator("filter_log_events").paginate(logGroupName=name) for name in groups]
    return json.dumps(
        [groups, [event["message"] for log_page in pages for page in log_page for event in page["events"]]]
    )


def _environments(running: RunningContext) -> str:
    pages = running.aws.client("lambda").get_paginator("list_functions").paginate()
    return json.dumps(
        [(function["FunctionName"], function.get("Environment")) for page in pages for function in page["Functions"]]
    )


def test_only_the_function_that_names_a_secret_may_read_it(changed: RunningContext) -> None:
    """No other role has the permission, which the emulator asks for."""
    policies: Any = changed.deployment.inputs
    granted = [
        label for label, inputs in policies.items() if "secretsmanager:GetSecretValue" in inputs.get("policy", "")
    ]
    assert granted == ["aws:iam/rolePolicy:RolePolicy acquirer-key-to-charge"]


@pytest.mark.nightly
def test_messages_of_an_own_queue_are_handled_and_failed_ones_are_redriven(
    changed: RunningContext, tmp_path: Path
) -> None:
    """In one batch: two good ones, and one that nobody can read, which is a dead letter after its last try."""
    url = changed.outputs["work_queues"]["letters"]
    # A cold start may take longer than the visibility timeout, and good letters would be received too often.
    changed.invoke("send_letter", {"Records": []})
    changed.aws.call("sqs", "set_queue_attributes", QueueUrl=url, Attributes={"VisibilityTimeout": "2"})
    bodies = [json.dumps({"to": "Ada", "text": "x" * signs}) for signs in (11, 12)]
    entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate([*bodies, "no letter"])]
    changed.aws.call("sqs", "send_message_batch", QueueUrl=url, Entries=entries)
    redrive = redriving(changed, tmp_path)
    until(lambda: _waiting(changed, changed.outputs["dead_letter_queues"]["letters"]) == 1, seconds=90)
    assert _waiting(changed, url) == 0
    assert _written(changed) == {11, 12}
    assert redrive("letters", "--go")["redriven"] == 1
    until(lambda: _waiting(changed, changed.outputs["dead_letter_queues"]["letters"]) == 1, seconds=90)
    [unreadable] = redrive("letters")["samples"]
    reproduced = reproduce(changed, tmp_path, "message", unreadable["message_id"], **own(changed.project.root))
    assert (reproduced.returncode, 'File "src/' in reproduced.stderr) == (1, True)
    assert redrive("letters")["would_redrive"] == 1


@pytest.mark.nightly
def test_the_rest_of_a_group_waits_for_its_failed_message_and_both_are_redriven(
    changed: RunningContext, tmp_path: Path
) -> None:
    """Another group is processed. The redrive sends the fault first."""
    url = changed.outputs["work_queues"]["in-order"]
    dead = changed.outputs["dead_letter_queues"]["in-order"]
    assert url.endswith("-in-order.fifo")
    changed.invoke("send_letter", {"Records": []})
    changed.aws.call("sqs", "set_queue_attributes", QueueUrl=url, Attributes={"VisibilityTimeout": "2"})
    bodies = {signs: json.dumps({"to": "Ada", "text": "x" * signs}) for signs in (21, 22, 23)}
    messages = [("a", bodies[21]), ("a", "no letter"), ("a", bodies[22]), ("b", bodies[23])]
    entries = [
        {"Id": str(number), "MessageBody": body, "MessageGroupId": group, "MessageDeduplicationId": str(number)}
        for number, (group, body) in enumerate(messages)
    ]
    changed.aws.call("sqs", "send_message_batch", QueueUrl=url, Entries=entries)
    redrive = redriving(changed, tmp_path)
    until(lambda: _waiting(changed, dead) == 2, seconds=90)
    assert _waiting(changed, url) == 0
    assert _written(changed) & {*bodies} == {21, 23}
    assert redrive("in-order", "--go")["redriven"] == 2
    # The second letter follows the fault in a batch of its own, or waits with it and is a dead letter again.
    until(lambda: _waiting(changed, dead) + len(_written(changed) & {22}) == 2, seconds=90)
    assert _waiting(changed, url) == 0


def _written(running: RunningContext) -> set[int]:
    """The letters that the function says it has written, by their length."""
    return {int(signs) for signs in re.findall(r"letter written.*?signs\W+(\d+)", _logs(running, "send-letter"))}


def _waiting(running: RunningContext, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = running.aws.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(map(int, attributes.values()))


def test_a_function_writes_into_an_own_bucket(changed: RunningContext) -> None:
    """With its own role, to which nothing but the writing is permitted."""
    changed.invoke("write_receipt", {CONTEXT.identity: "r-1", "text": "granted"})
    s3 = changed.aws.client("s3")
    [bucket] = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"] if "receipts" in bucket["Name"]]
    assert s3.get_object(Bucket=bucket, Key="r-1")["Body"].read() == b"granted"
    actions = [
        inputs["policy"]
        for label, inputs in changed.deployment.inputs.items()
        if label.endswith("receipts-to-write-receipt")
    ]
    assert ["s3:PutObject" in action for action in actions] == [True]


def test_a_schedule_calls_its_function(changed: RunningContext) -> None:
    """Of each minute here, which begins with the deployment; nobody else calls it."""
    until(lambda: "START" in _logs(changed, "remind"), seconds=90, every=1)

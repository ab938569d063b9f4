"""What the pages say that a team adds first, on the embedded AWS: a copy of the repository with all of it written."""

import hashlib
import hmac
import json
import shutil
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from bounded_context.docs.pages import section
from bounded_context.docs.steps import steps
from bounded_context.infra.labels import Labels
from bounded_context.local.running import RunningContext
from bounded_context.local.start import running_context
from bounded_context.project import Project

from .facts import CONTEXT, PROJECT

pytestmark = pytest.mark.e2e

SECTIONS = ("a-secret",)
FIRST, SECOND = "s3ntinel-before-the-rotation", "s3ntinel-after-the-rotation"
SHORT = "\nfrom bounded_context.adapters import secrets\n\nsecrets.MAX_AGE = 1\n"
"""A second in the place of five minutes, for the copy's code alone."""


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningContext]:
    """The context as a team has changed it."""
    copy = tmp_path_factory.mktemp("changed") / "repository"
    shutil.copytree(PROJECT.root, copy, ignore=shutil.ignore_patterns(".venv", "build", "__pycache__", "vendor"))
    for anchor in SECTIONS:
        for step in steps(section("changing", anchor), CONTEXT.name):
            step.follow(copy)
    handler = copy / "src" / CONTEXT.name / "handlers" / "charge.py"
    handler.write_text(handler.read_text() + SHORT)
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


def test_a_rotated_secret_is_read_and_stands_nowhere_in_clear(changed: RunningContext) -> None:
    """The function has the new value once the time is over that it keeps the old one for."""
    _put(changed, FIRST)
    assert _signed(changed) == _signature(FIRST)
    _put(changed, SECOND)
    deadline = time.monotonic() + 30
    while _signed(changed) != _signature(SECOND) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert _signed(changed) == _signature(SECOND)
    for told in (_logs(changed), _environments(changed), repr(vars(changed.deployment)), json.dumps(changed.outputs)):
        assert "charge" in told
        assert FIRST not in told
        assert SECOND not in told


def _logs(running: RunningContext) -> str:
    logs = running.aws.client("logs")
    groups = [one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]]
    pages = [logs.get_paginator("filter_log_events").paginate(logGroupName=name) for name in groups]
    return json.dumps([groups, [event["message"] for found in pages for page in found for event in page["events"]]])


def _environments(running: RunningContext) -> str:
    pages = running.aws.client("lambda").get_paginator("list_functions").paginate()
    return json.dumps([(one["FunctionName"], one.get("Environment")) for page in pages for one in page["Functions"]])


def test_only_the_function_that_names_a_secret_may_read_it(changed: RunningContext) -> None:
    """No other role has the permission, which the emulator asks for."""
    policies: Any = changed.deployment.inputs
    granted = [
        label for label, inputs in policies.items() if "secretsmanager:GetSecretValue" in inputs.get("policy", "")
    ]
    assert granted == ["aws:iam/rolePolicy:RolePolicy acquirer-key-to-charge"]

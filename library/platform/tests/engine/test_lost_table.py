"""A table that was deleted behind Pulumi: its backup under another name takes its place, as the runbook says."""

import json
from pathlib import Path

import pytest

from tests.lost_table import commands

from .conftest import STACK, Engine, empty

pytestmark = pytest.mark.e2e
_AGREED = {"refresh": ("--yes", "--skip-preview"), "import": ("--yes", "--skip-preview"), "config": ()}
"""The answers to questions that a command asks a person."""


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """An engine with a deployed and protected stack."""
    engine = empty(tmp_path)
    engine.do("stack", "init")
    engine.do("config", "set", "payment:protect", "true")
    engine.do("up", "--yes", "--skip-preview")
    return engine


def _urns(engine: Engine) -> set[str]:
    return {resource["urn"] for resource in json.loads(engine.do("stack", "export"))["deployment"]["resources"]}


@pytest.mark.nightly
def test_the_backup_of_a_deleted_table_takes_its_place(engine: Engine) -> None:
    """Every resource stays. The backup has no stream, which the deployment sets."""
    urns, before = _urns(engine), engine.state("dynamodb/table")["table"]
    restored = {name: f"{before[name]}-epoch-1" for name in ("name", "arn")}
    engine.move({"table": None})
    for words in commands("pulumi", stack=STACK, project="payment", context="payment", prefix=f"payment-{STACK}"):
        own = words[: words.index("--cwd")] + words[words.index("--stack") + 2 :]
        engine.do(*own, *_AGREED[own[0]])
        engine.move({"table": {**restored, "hashKey": "pk", "billingMode": "PAY_PER_REQUEST"}})
    engine.do("up", "--yes", "--skip-preview")
    after = engine.state("dynamodb/table")["table"]
    stream = {"streamArn": before["streamArn"].replace(before["name"], restored["name"])}
    assert (after, _urns(engine)) == (before | restored | stream, urns)
    engine.do("up", "--yes", "--skip-preview", "--expect-no-changes")

"""A restore on the embedded AWS: real functions, a real stream, real subscribers; the backup is a stand-in's."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bounded_context_local.rehearsal.restoring import Restoring
from bounded_context_local.run.screen import RunScreen
from bounded_context_local.running.context import RunningContext
from tests.lost_table import commands

from .lists import Sample, import_list

pytestmark = pytest.mark.e2e


@pytest.fixture
def restored(deployed: RunningContext) -> Iterator[str]:
    """The name of the table of the next epoch, which is deleted afterwards."""
    name = f"{deployed.outputs['table_name']}-epoch-1"
    yield name
    deployed.aws.call("dynamodb", "delete_table", TableName=name)


@pytest.mark.nightly
def test_a_restore_repairs_the_table_the_subscribers_and_the_lists(deployed: RunningContext) -> None:
    """In the table, for each subscriber, and in the list's record."""
    restored = Restoring(deployed, RunScreen(quiet=True)).perform(600)
    assert restored.problems() == []
    assert restored.differences == 0


def test_the_commands_for_a_deleted_table_restore_each_item(
    deployed: RunningContext, sample: Callable[[int], Sample], restored: str
) -> None:
    """AWS makes the backup at the deletion; here a call makes it, and the other tests keep their table."""
    import_list(deployed, sample(20))
    name = deployed.outputs["table_name"]
    backup = deployed.aws.call("dynamodb", "create_backup", TableName=name, BackupName="last")["BackupDetails"]
    values = {"prefix": name.removesuffix("-table"), "arn": backup["BackupArn"], "key_arn": deployed.outputs["key_arn"]}
    for service, operation, *words in commands("aws", **values):
        if operation == "wait":
            deployed.aws.client(service).get_waiter(words[0].replace("-", "_")).wait(**_given(words[1:]))
        else:
            deployed.aws.call(service, operation.replace("-", "_"), **_given(words))
    assert _items(deployed, restored) == _items(deployed, name)


def _given(words: list[str]) -> dict[str, Any]:
    """Return the parameters of options, as the AWS CLI reads them."""
    pairs = zip(words[::2], words[1::2], strict=True)
    return {_camel(option): _structure(text) if "=" in text else text for option, text in pairs}


def _camel(option: str) -> str:
    return "".join(part.upper() if part == "sse" else part.title() for part in option.strip("-").split("-"))


def _structure(text: str) -> dict[str, Any]:
    members = dict(member.split("=") for member in text.split(","))
    return {name: value == "true" if name == "Enabled" else value for name, value in members.items()}


def _items(deployed: RunningContext, table: str) -> dict[str, Any]:
    pages = deployed.aws.client("dynamodb").get_paginator("scan").paginate(TableName=table)
    return {item["pk"]["S"]: item for page in pages for item in page["Items"]}

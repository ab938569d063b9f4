"""Presets: any members together, and secrets, queues and streams of any names, give one function all permissions."""

from collections.abc import Mapping
from dataclasses import fields
from itertools import combinations
from typing import Any, Final

import pytest

from bounded_context_cli.policies.resources import resources_do_not_replace_each_other
from bounded_context_infra import Preset

from .graph import Graph
from .test_permissions import granted
from .test_secrets import with_presets
from .test_team import MAIN, Repository

SETTINGS: Final[Mapping[str, Any]] = {
    "systems": {"credit-bureau": "https://api.bureau.example/v1"},
    "consumes": {"other": {"topic": "/other/prod/topic-arn", "aggregate": "other", "created_by": ["OtherCreated"]}},
}

MEMBERS: Final = {
    "variables": ('("TABLE_NAME",)', set()),
    "items": ('("GetItem", "PutItem")', {"dynamodb:GetItem", "dynamodb:PutItem"}),
    "of_others": ("True", set()),
    "queries": ("True", {"dynamodb:Query"}),
    "read": ('("reports",)', {"s3:GetObject"}),
    "write": ('("reports",)', {"s3:PutObject"}),
    "list_": ('("reports",)', {"s3:ListBucket"}),
    "calls": ('("credit-bureau",)', {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}),
    "secrets": ('("acquirer-key",)', {"secretsmanager:GetSecretValue"}),
    "handler": ('"loan.own.lambda_handler"', set()),
    "recursive": ("True", set()),
}
"""The value of each member of a preset, and the actions that it permits."""

EVERY: Final = {
    *("logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments", "xray:PutTelemetryRecords"),
    *("kms:Decrypt", "kms:GenerateDataKey"),
}
"""The actions of every function."""


@pytest.fixture
def repository(tmp_path: Any) -> Repository:
    return Repository(tmp_path)


def _actions(graph: Graph, role: str) -> set[str]:
    return {action for statement in granted(graph, role) for action in statement["Action"]}


@pytest.mark.slow
def test_any_two_members_of_a_preset_are_deployed_together(repository: Repository) -> None:
    """No policy replaces another, and each function has the permissions of both members and no others."""
    assert {*MEMBERS, "timeout", "memory"} == {field.name for field in fields(Preset)}
    pairs = {f"own_{number}": pair for number, pair in enumerate(combinations(MEMBERS, 2))}
    presets = {
        name: f"Preset(timeout=30, memory=256, {', '.join(f'{member}={MEMBERS[member][0]}' for member in pair)})"
        for name, pair in pairs.items()
    }
    graph = with_presets(repository, **presets).run("prod", **SETTINGS)
    assert resources_do_not_replace_each_other.violations(graph) == []
    for name, pair in pairs.items():
        expected = EVERY.union(*(MEMBERS[member][1] for member in pair))
        assert _actions(graph, name.replace("_", "-")) == expected, pair


@pytest.mark.parametrize(("consumes", "keys"), [(SETTINGS["consumes"], [["OTHER#*"]]), ({}, [])])
def test_items_of_others_and_queries_have_their_own_conditions(
    consumes: Any, keys: list[list[str]], repository: Repository
) -> None:
    """Without a consumed event, the queries remain."""
    preset = 'Preset(timeout=30, memory=256, items=("GetItem",), of_others=True, queries=True)'
    statements = granted(with_presets(repository, own=preset).run("prod", consumes=consumes), "own")
    limits = [s["Condition"] for s in statements if "dynamodb:GetItem" in s["Action"]]
    assert [limit["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] for limit in limits] == keys
    [queries] = [s for s in statements if s["Action"] == ["dynamodb:Query"]]
    assert all("/index/" in resource for resource in queries["Resource"])


def test_a_function_may_have_the_name_of_its_secret_and_of_its_queue(repository: Repository) -> None:
    """And send to its own queue. Another function reads the table's stream and its items."""
    preset = 'Preset(timeout=30, memory=256, items=("GetItem",), secrets=("letters", "table", "letters-2"))'
    with_presets(repository, letters=preset, archive='Preset(timeout=30, memory=256, items=("GetItem",))')
    repository.replace(MAIN, "inbound = Inbound(", 'letters = WorkQueue("letters", stack)\ninbound = Inbound(')
    repository.replace(MAIN, "    Workflow,\n", "    Workflow,\n    WorkQueue,\n")
    feeds = 'letters.feed(live["letters"])\nletters.grant_send(functions["letters"].role)\n'
    feed = 'table.feed(live["measure_lists"], "lists")\n'
    repository.replace(MAIN, feed, f'{feeds}table.feed(live["archive"], "aggregates")\n')
    graph = repository.run("prod")
    assert resources_do_not_replace_each_other.violations(graph) == []
    received = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:SendMessage"}
    stream = {f"dynamodb:{name}" for name in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")}
    assert _actions(graph, "letters") == EVERY | received | {"dynamodb:GetItem", "secretsmanager:GetSecretValue"}
    assert _actions(graph, "archive") == EVERY | stream | {"dynamodb:GetItem", "s3:PutObject", "s3:ListBucket"}
    secrets = [s["Resource"] for s in granted(graph, "letters") if s["Action"] == ["secretsmanager:GetSecretValue"]]
    assert len(secrets) == 3

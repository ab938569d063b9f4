"""Dashboards of deployed stacks, and of contexts larger and smaller than this one."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator

from bounded_context_infra.dashboards.boards import business, technical
from bounded_context_infra.dashboards.widgets import Names

from .graph import CONTEXT, REGION, Graph

Body = Mapping[str, Any]

SCHEMA = json.loads(Path(__file__).with_name("dashboard_schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)

ARN = f"arn:aws:cloudwatch:{REGION}:111122223333:alarm:made-up"

LEAST = Names(
    context=CONTEXT,
    prefix="made-up",
    alias="live",
    region=REGION,
    runbook="https://example.org/runbook",
    target_seconds=60,
    alarms={},
    functions={"Commands": ["made-up-register"]},
    log_groups=["/aws/lambda/made-up-register"],
    machine_arn=f"arn:aws:states:{REGION}:111122223333:stateMachine:made-up",
    rules={},
    server=None,
    table="made-up-table",
    operations=["PutItem"],
    readers=["made-up-relay"],
    topic="made-up-events",
    queues={},
    inbound="made-up-inbound",
    dead_letters={"relay": "made-up-relay-dead-letters"},
    endpoints={},
)
"""A context with one command and nobody who listens, without SFTP or alarms."""


def _many(what: str, count: int) -> list[str]:
    return [f"made-up-{what}-of-a-rather-long-name-{number}" for number in range(count)]


LARGEST = replace(
    LEAST,
    alarms={"Critical": [f"{ARN}-{number}" for number in range(150)], "Warning": [f"{ARN}-w-{n}" for n in range(60)]},
    functions={"Commands": _many("command", 20), "Steps": _many("step", 5), "Other functions": _many("other", 8)},
    log_groups=[f"/aws/lambda/{name}" for name in _many("command", 33)],
    rules={name: name for name in _many("rule", 3)},
    server="s-0123456789abcdef0",
    operations=["BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "TransactWriteItems", "UpdateItem"],
    readers=_many("reader", 2),
    queues={name: name for name in _many("queue", 5)},
    dead_letters={name: name for name in _many("dead-letters", 8)},
)
"""As large as a context may become: 20 commands, 5 subscribers."""


class Shown(NamedTuple):
    """A metric as a dashboard names it, and the statistic that it shows of it."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    stat: str


def bodies(graph: Graph) -> dict[str, Body]:
    """The bodies of a stack's dashboards, by their logical names."""
    return {node.name: node.document("dashboardBody") for node in graph.of("cloudwatch/dashboard")}


def both(names: Names) -> list[Body]:
    """The bodies of both dashboards as CloudWatch reads them."""
    return [json.loads(json.dumps(make(names))) for make in (business, technical)]


def widgets(body: Body, kind: str) -> list[dict[str, Any]]:
    """The widgets of a kind such as `metric`."""
    return [widget for widget in body["widgets"] if widget["type"] == kind]


def drawn(body: Body) -> Iterator[tuple[dict[str, Any], list[Any]]]:
    """Each entry of each graph's metrics, with the graph's properties."""
    for widget in widgets(body, "metric"):
        for entry in widget["properties"]["metrics"]:
            yield widget["properties"], entry


def metrics(body: Body) -> Iterator[Shown]:
    """Each metric that is written out."""
    for graph, entry in drawn(body):
        if isinstance(entry[0], str):
            rendering = entry[-1] if isinstance(entry[-1], dict) else {}
            namespace, name, *pairs = [part for part in entry if isinstance(part, str)]
            dimensions = dict(zip(pairs[::2], pairs[1::2], strict=True))
            yield Shown(namespace, name, dimensions, rendering.get("stat", graph["stat"]))


def searches(body: Body) -> Iterator[str]:
    """Each search expression."""
    for _, entry in drawn(body):
        if isinstance(entry[0], dict):
            yield entry[0]["expression"]


def titles(body: Body) -> list[str]:
    """The titles of all widgets and sections."""
    texts = [widget["properties"]["markdown"].removeprefix("## ") for widget in widgets(body, "text")]
    return texts + [widget["properties"]["title"] for widget in body["widgets"] if widget["type"] != "text"]

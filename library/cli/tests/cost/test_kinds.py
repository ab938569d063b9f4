"""Nothing that a stack registers is passed over."""

from typing import Any

import pytest

from bounded_context_cli.programs.recording import Graph, Node
from bounded_context_cli.views.cost import prices
from bounded_context_cli.views.cost.per_million import unknown
from bounded_context_platform.permissions.grants import KINDS
from tests.infra.contexts import SHAPES
from tests.infra.graph import NETWORK, PARTNERS, STACKS, run, run_shape

from .small import graph, node

AGAIN = "write into bounded_context_cli/data/prices.toml how AWS bills each of them, or why it costs nothing"
JWT = {"issuer": "https://login.example.org/tenant", "audience": ["callers"]}
MORE: dict[str, Any] = {
    "backup": "vault",
    "backup_copy": "arn:aws:backup:eu-west-1:111122223333:backup-vault:copies",
    "rollout_strategy": "Canary25Percent20Minutes",
    "trace_percent": 50,
    "api_jwt": JWT,
    "malware": "guardduty",
}


@pytest.mark.parametrize("stack", STACKS)
def test_every_type_of_a_stack_is_priced_or_free(stack: str) -> None:
    """As its file says."""
    assert unknown(run(stack)) == [], AGAIN


@pytest.mark.slow
def test_every_type_that_settings_add_is_priced_or_free() -> None:
    """Partners of a server of one's own and of another's, a strategy of one's own, a share of traces, tokens."""
    assert unknown(run("prod", **NETWORK, **MORE)) == [], AGAIN
    assert unknown(run("prod", partners=PARTNERS, sftp="shared", sftp_server_id="s-0123456789abcdef0")) == [], AGAIN


@pytest.mark.parametrize("shape", SHAPES)
def test_every_type_of_another_context_is_priced_or_free(shape: str) -> None:
    """Whatever its shape."""
    assert unknown(run_shape(shape, "prod")) == [], AGAIN


def test_every_type_that_a_pipeline_may_make_is_priced_or_free() -> None:
    """A new type needs a line among its permissions, and one here."""
    assert set(KINDS) <= {*prices().billed, *prices().free}, AGAIN


def test_a_type_is_priced_or_free_and_not_both() -> None:
    """Each once."""
    assert not set(prices().billed) & set(prices().free)


@pytest.mark.parametrize(
    "resource",
    [
        node("elasticache/serverlessCache"),
        node("dynamodb/table", billingMode="PROVISIONED"),
        node("cloudwatch/eventRule", scheduleExpression="rate(1 day)"),
        node("scheduler/schedule", scheduleExpression="cron(0/5 8 * * ? *)"),
    ],
    ids=lambda resource: resource.kind,
)
def test_a_resource_without_a_known_price_is_named(resource: Node, dev: Graph) -> None:
    """An unknown type, provisioned capacity, a scheduled rule, or a schedule of several times a day."""
    [problem] = unknown(graph(*dev.nodes, resource))
    assert problem.startswith(f"{resource.kind} one ")

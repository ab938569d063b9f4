"""A secret that presets name: its place and who may read it, and nowhere its value."""

import json
from typing import Any

import pytest

from bounded_context_cli.programs.recording import Graph
from bounded_context_cli.testing.requests import KINDS, findings
from bounded_context_cli.views.cost.per_million import idle
from bounded_context_infra import FunctionsError
from bounded_context_platform.permissions.policies import unknown

from .test_team import FUNCTIONS, PRESETS, Repository

READER = 'Preset(timeout=30, memory=256, secrets=("acquirer-key",))'


@pytest.fixture
def repository(tmp_path: Any) -> Repository:
    return Repository(tmp_path)


def with_presets(repository: Repository, **presets: str) -> Repository:
    lines = "".join(f'    "{name}": {preset},\n' for name, preset in presets.items())
    repository.replace(FUNCTIONS, PRESETS, f"{PRESETS}{lines}")
    return repository


def _readers(graph: Graph) -> dict[str, Any]:
    """Who may do something with secrets, and on what."""
    readers = {}
    for node, statement in graph.statements("iam/rolePolicy"):
        if any(action.startswith("secretsmanager:") for action in statement["Action"]):
            readers[node.inputs["role"]] = (statement["Action"], statement["Resource"])
    return readers


def test_a_preset_that_names_a_secret_makes_it_and_may_read_it_alone(repository: Repository) -> None:
    """One place for two functions; the stack's key, no value; the environment has the ARN."""
    graph = with_presets(repository, charge=READER, refund=READER).run("prod")
    secret = graph.one("secretsmanager/secret")
    prefix = secret.inputs["name"].removesuffix("-acquirer-key")
    assert secret.inputs["kmsKeyId"] == graph.one("kms/key").arn
    assert _readers(graph) == {
        f"{prefix}-{name}": (["secretsmanager:GetSecretValue"], [secret.arn]) for name in ("charge", "refund")
    }
    variables = graph.one("lambda/function", "charge").inputs["environment"]["variables"]
    assert variables["SECRET_ACQUIRER_KEY"] == secret.arn
    assert "SECRET_ACQUIRER_KEY" not in json.dumps(dict(graph.one("lambda/function", "on-event").inputs), default=str)
    assert not graph.of("secretsmanager/secretVersion")


@pytest.mark.parametrize(("stack", "kept"), [("prod", True), ("dev", False)])
def test_it_stays_where_a_stack_protects_its_data(repository: Repository, stack: str, kept: bool) -> None:
    """Else its name is free again as soon as the stack is gone."""
    secret = with_presets(repository, charge=READER).run(stack).one("secretsmanager/secret")
    assert (secret.protect, secret.retain_on_delete) == (kept, kept)
    assert secret.inputs["recoveryWindowInDays"] == (30 if kept else 0)
    assert findings(secret) == []


def test_it_is_priced_and_its_deployer_has_the_permissions(repository: Repository) -> None:
    """To make it and to remove it, and never to read or to put a value."""
    graph = with_presets(repository, charge=READER).run("prod")
    assert unknown(graph) == []
    assert [quantity for name, quantity, _ in idle(graph) if name == "secrets"] == [1]
    assert "secretsmanager/secret" in KINDS


def test_a_secret_whose_name_fits_no_variable_is_refused(repository: Repository) -> None:
    """The error names the function and the secret."""
    with pytest.raises(FunctionsError, match=r"^charge .*'Acquirer key'"):
        with_presets(repository, charge=READER.replace("acquirer-key", "Acquirer key")).run("prod")

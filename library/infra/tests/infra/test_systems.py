"""A system that presets name: its address in the environment, and the circuit's item that the function may write."""

from typing import Any

import pytest

from bounded_context.adapters.systems import CIRCUIT
from bounded_context_infra import FunctionsError, SettingError

from .test_secrets import with_presets
from .test_team import Repository

CALLER = 'Preset(timeout=30, memory=256, calls=("credit-bureau",))'
ADDRESS = "https://api.bureau.example/v1"


@pytest.fixture
def repository(tmp_path: Any) -> Repository:
    return with_presets(Repository(tmp_path), charge=CALLER)


def test_a_caller_has_the_address_and_may_use_circuits_alone(repository: Repository) -> None:
    """No other item of the table, and no other function."""
    graph = repository.run("prod", systems={"credit-bureau": ADDRESS})
    environments = {
        node.name: node.inputs["environment"]["variables"].get("SYSTEM_CREDIT_BUREAU")
        for node in graph.of("lambda/function")
    }
    assert {name for name, address in environments.items() if address} == {"charge"}
    assert environments["charge"] == ADDRESS
    of_caller = [
        (statement["Action"], statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"])
        for node, statement in graph.statements("iam/rolePolicy")
        if node.inputs["role"].endswith("-charge") and statement["Action"][0].startswith("dynamodb:")
    ]
    assert of_caller == [(["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], [f"{CIRCUIT}*"])]


def test_a_system_without_an_address_stops_the_program(repository: Repository) -> None:
    """The error names the function, the system and the setting."""
    with pytest.raises(FunctionsError, match=r"^charge calls credit-bureau.*systems"):
        repository.run("prod")


@pytest.mark.parametrize("address", ["http://bureau.example", "https://bureau.example/", "https://a@b", 7])
def test_an_address_is_https_and_names_no_user(repository: Repository, address: Any) -> None:
    """A token would be sent in clear text, or to another host."""
    with pytest.raises(SettingError) as refused:
        repository.run("prod", systems={"credit-bureau": address})
    assert refused.value.setting == "systems.credit-bureau"

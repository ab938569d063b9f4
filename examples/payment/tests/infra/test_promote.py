"""How a deployment goes live while there is no rollout: every alias moves to the newest version."""

import io
import json
import zipfile
from typing import Any

import boto3
import pytest

from infra import promote


def _code(text: str) -> dict[str, bytes]:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("code.py", text)
    return {"ZipFile": file.getvalue()}


@pytest.fixture
def role(aws: None) -> str:
    trust = {"Version": "2012-10-17", "Statement": []}
    return boto3.client("iam").create_role(RoleName="role", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]


@pytest.fixture
def alias_arn(role: str) -> str:
    """The alias, at version 1, of a function that has a version 2."""
    client: Any = boto3.client("lambda")
    client.create_function(
        FunctionName="function", Runtime="python3.13", Role=role, Handler="code.run", Code=_code("1"), Publish=True
    )
    arn = client.create_alias(FunctionName="function", Name="live", FunctionVersion="1")["AliasArn"]
    client.update_function_code(FunctionName="function", ZipFile=_code("2")["ZipFile"], Publish=True)
    return arn


class _Machines:
    """Step Functions, as far as a promotion asks: version 3 is the newest, the alias is at 2 until it is moved."""

    def __init__(self) -> None:
        self.routing = [{"stateMachineVersionArn": _machine(2), "weight": 100}]

    def list_state_machine_versions(self, **_: str) -> dict[str, Any]:
        return {"stateMachineVersions": [{"stateMachineVersionArn": _machine(number)} for number in (3, 2, 1)]}

    def describe_state_machine_alias(self, **_: str) -> dict[str, Any]:
        return {"routingConfiguration": self.routing}

    def update_state_machine_alias(self, **changes: Any) -> None:
        self.routing = changes["routingConfiguration"]


def _machine(version: int) -> str:
    return f"arn:aws:states:eu-west-1:123456789012:stateMachine:import:{version}"


def _outputs(alias_arn: str) -> dict[str, Any]:
    machine = _machine(1).rpartition(":")[0]
    return {"functions": {"f": alias_arn}, "state_machine": machine, "state_machine_arn": f"{machine}:live"}


def test_every_alias_moves_to_the_newest_version_once(alias_arn: str):
    """A second promotion finds nothing to do."""
    functions, machines = boto3.client("lambda"), _Machines()
    moved = promote.promote(_outputs(alias_arn), functions, machines)
    assert moved == [("function", "1", "2"), ("import", "2", "3")]
    assert functions.get_alias(FunctionName="function", Name="live")["FunctionVersion"] == "2"
    assert promote.promote(_outputs(alias_arn), functions, machines) == [("function", "2", "2"), ("import", "3", "3")]


def test_without_the_pulumi_cli_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch):
    """One sentence instead of a traceback."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SystemExit, match="not on the PATH"):
        promote.outputs_of("dev")

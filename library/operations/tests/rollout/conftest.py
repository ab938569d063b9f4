"""A stack to roll out: two functions behind aliases, a state machine, and alarms."""

import io
import json
import signal
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.awslambda.models import lambda_backends

from bounded_context_cli.command.operation import Access, Clients
from tests.console import context
from tests.repairs import Records
from tests.rollout.clients import CloudWatch, FakeClock, StepFunctions
from tests.rollout.codedeploy import CodeDeploy, Deployment, Plan

REGION = "eu-central-1"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
"""The commit of the step that runs the rollout."""
ACCOUNT = "123456789012"
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:machine"


@dataclass
class Ran:
    """What a run left: its exit status, its JSON, and what it told on standard error."""

    status: int
    report: dict[str, Any]
    err: str

    @property
    def functions(self) -> dict[str, dict[str, Any]]:
        return {function["name"]: function for function in self.report["functions"]}

    @property
    def workflow(self) -> dict[str, Any]:
        return self.report["workflow"]

    @property
    def results(self) -> list[str]:
        return [function["result"] for function in self.report["functions"]] + [self.workflow["result"]]


class _Published(list[Any]):
    """Moto's versions of a function. AWS gives no number again; moto gives the number of versions plus 1."""

    def __init__(self, versions: list[Any]) -> None:
        super().__init__(versions)
        self._ever = len(versions)

    def append(self, version: Any) -> None:
        self._ever += 1
        super().append(version)

    def __len__(self) -> int:
        return self._ever


class Stack:
    """A stack named `test` whose functions `one` and `two`, and whose machine, are live at version 1."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.clock = FakeClock()
        self.functions = _client("lambda")
        self.codedeploy = CodeDeploy(self.clock, self.functions)
        self.machines = StepFunctions(self.clock, MACHINE)
        self.alarms = CloudWatch()
        self.records = Records()
        self.clock.ticks.append(self.codedeploy.tick)
        self.outputs_file = folder / "outputs.json"
        self._capsys = capsys
        role = _client("iam").create_role(RoleName="role", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        self.layer = self.publish_layer("test-dependencies")
        self.outputs = _outputs({name: self._create(name, role) for name in ("one", "two")})
        for hook in ("pre-traffic", "post-traffic"):
            self._make(hook, role)

    def publish_layer(self, name: str) -> str:
        """Publish a layer's next version, and return its ARN."""
        return self.functions.publish_layer_version(LayerName=name, Content={"ZipFile": _code(0)})["LayerVersionArn"]

    def use_layer(self, layer: str, *names: str) -> None:
        """Let the next versions of functions use a layer."""
        for name in names:
            self.functions.update_function_configuration(FunctionName=f"test-{name}", Layers=[layer])

    def _create(self, name: str, role: str) -> str:
        self._make(name, role)
        return self.functions.create_alias(FunctionName=f"test-{name}", Name="live", FunctionVersion="1")["AliasArn"]

    def _make(self, name: str, role: str) -> None:
        self.functions.create_function(
            FunctionName=f"test-{name}",
            Runtime="python3.13",
            Role=role,
            Handler="code.run",
            Code={"ZipFile": _code(0)},
            Layers=[self.layer],
            Publish=True,
        )
        stored: Any = lambda_backends[ACCOUNT][REGION]._lambdas._functions[f"test-{name}"]
        stored["versions"] = _Published(stored["versions"])

    def publish(self, *names: str) -> None:
        """Publish a new version of functions, or of the `machine`."""
        for name in names:
            if name == "machine":
                self.machines.newest += 1
                continue
            content = _code(self.newest(name))
            self.functions.update_function_code(FunctionName=f"test-{name}", ZipFile=content, Publish=True)

    def versions(self, name: str) -> list[int]:
        """The numbers of a function's versions."""
        versions = self.functions.list_versions_by_function(FunctionName=f"test-{name}")["Versions"]
        return sorted(int(version["Version"]) for version in versions if version["Version"] != "$LATEST")

    def newest(self, name: str) -> int:
        return self.versions(name)[-1]

    def layers(self, name: str = "test-dependencies") -> list[int]:
        """The numbers of a layer's versions."""
        return sorted(
            version["Version"] for version in self.functions.list_layer_versions(LayerName=name)["LayerVersions"]
        )

    def live(self, name: str) -> str:
        """The version that has all of a function's traffic."""
        alias = self.functions.get_alias(FunctionName=f"test-{name}", Name="live")
        shares = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights")
        return f"{alias['FunctionVersion']}+{shares}" if shares else alias["FunctionVersion"]

    def move(self, name: str, version: str) -> None:
        """Move a function's alias as somebody else would."""
        self.functions.update_alias(
            FunctionName=f"test-{name}",
            Name="live",
            FunctionVersion=version,
            RoutingConfig={"AdditionalVersionWeights": {}},
        )

    def plan(self, name: str, *plans: Plan) -> None:
        """Say how the next deployments of a function go."""
        self.codedeploy.plans[f"test-{name}"] = list(plans)

    def deployments(self, name: str) -> list[Deployment]:
        return self.codedeploy.of(f"test-{name}")

    def begin(self, name: str, current: str, target: str, plan: Plan = "succeeds") -> Deployment:
        """Create a deployment as somebody else would."""
        return self.codedeploy.begin(f"test-{name}", f"test-{name}", current, target, plan)

    def clients(self, region: str) -> Clients:
        assert region == REGION
        return lambda service, **_: self.services()[service]

    def services(self) -> dict[str, Any]:
        """Return the clients by their services."""
        return {
            "lambda": self.functions,
            "codedeploy": self.codedeploy,
            "stepfunctions": self.machines,
            "cloudwatch": self.alarms,
            "dynamodb": self.records,
        }

    def rollout(self, command: str, *options: str) -> Ran:
        """Run the command with `--json`."""
        status, out, err = self.say(command, "--json", *options)
        return Ran(status, json.loads(out), err)

    def say(self, command: str, *options: str) -> tuple[int, str, str]:
        """Run the command, and return its exit status and what it wrote."""
        self.outputs_file.write_text(json.dumps(self.outputs))
        self._capsys.readouterr()
        arguments = (command, "test", "--outputs", str(self.outputs_file), *options)
        status = context("rollout", *arguments, access=Access(self.clients, self.clock))
        out, err = self._capsys.readouterr()
        return status, out, err


@cache
def _client(service: str) -> Any:
    """Clients are slow to make, and moto's accounts are empty for each test whoever asks."""
    session: Any = boto3.Session("testing", "testing", region_name=REGION)
    return session.client(service)


def _code(number: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("code.py", str(number))
    return file.getvalue()


def _outputs(functions: dict[str, str]) -> dict[str, Any]:
    return {
        "functions": functions,
        "table_name": "test-table",
        "state_machine": MACHINE,
        "state_machine_arn": f"{MACHINE}:live",
        "release": {
            "application": "test",
            "strategy": "Canary10Percent5Minutes",
            "groups": {name: f"test-{name}" for name in functions},
            "hooks": {"pre_traffic": "test-pre-traffic", "post_traffic": "test-post-traffic"},
            "workflow_alarms": ["test-machine-failures"],
        },
    }


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Stack]:
    """The stack; handlers of signals are put back after the test."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("COMMIT", COMMIT)
    with mock_aws():
        yield Stack(tmp_path, capsys)
    for number, handler in handlers.items():
        signal.signal(number, handler)

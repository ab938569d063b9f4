"""A deployment is refused while traffic of its stack is being shifted."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bounded_context_cli.command.operation import Access
from bounded_context_operations.release import deploy
from bounded_context_operations.release.rollout.releases import Note
from tests.console import context
from tests.rollout.clients import error
from tests.rollout.conftest import Stack

_PULUMI = """#!/bin/sh
printf '%s\\n' "$*" >> {folder}/calls
case "$*" in
  "stack output"*) cat {folder}/outputs || {{ cat {folder}/error >&2; exit 255; }} ;;
esac
"""
_NO_STACK = "error: no stack named 'test' found"


class Terminal:
    """A terminal with a stand-in of the Pulumi CLI, which records its calls."""

    def __init__(self, folder: Path, stack: Stack) -> None:
        self._folder, self._stack = folder, stack
        self.outputs: Any = stack.outputs
        self.error = _NO_STACK
        pulumi = folder / "pulumi"
        pulumi.write_text(_PULUMI.format(folder=folder))
        pulumi.chmod(0o755)

    def deploy(self, *arguments: str) -> int:
        if self.outputs is not None:
            (self._folder / "outputs").write_text(json.dumps(self.outputs))
        (self._folder / "error").write_text(self.error)
        return context("deploy", "test", *arguments, access=Access(self._stack.clients, self._stack.clock))

    @property
    def ups(self) -> list[str]:
        """The calls that deployed."""
        calls = self._folder / "calls"
        return [call for call in calls.read_text().splitlines() if call.startswith("up ")] if calls.exists() else []


@pytest.fixture
def terminal(tmp_path: Path, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal in the folder of a repository."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setattr(deploy, "package", lambda: 0)
    return Terminal(tmp_path / "bin", stack)


def _deployment(stack: Stack) -> None:
    stack.publish("one")
    stack.begin("one", "1", "2")


def _split_function(stack: Stack) -> None:
    stack.publish("two")
    stack.functions.update_alias(
        FunctionName="test-two", Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}}
    )


def _split_machine(stack: Stack) -> None:
    stack.publish("machine")
    stack.machines.weights = {"1": 90, "2": 10}


def _return(stack: Stack) -> None:
    note = Note("20310506T070809Z-0a1b2c3d-1", "test", "workflow", "2", "1", returns=True, active_return=True)
    stack.machines.route({"1": 100}, str(note))


SHIFTS = [("one", _deployment), ("two", _split_function), ("workflow", _split_machine), ("workflow", _return)]


@pytest.mark.parametrize(("part", "shift"), SHIFTS)
def test_a_deployment_during_a_shift_is_refused(
    part: str, shift: Callable[[Stack], None], terminal: Terminal, stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error names the stack, the part and the commands; nothing is deployed."""
    shift(stack)
    assert terminal.deploy() == 2
    err = capsys.readouterr().err
    assert all(word in err for word in (f"({part} ", "rollout status test", "rollout back test", "--during-shift"))
    assert terminal.ups == []


def test_a_deployment_with_a_reason_passes_during_a_shift(terminal: Terminal, stack: Stack) -> None:
    """Pulumi's history of the stack contains the reason."""
    _deployment(stack)
    assert terminal.deploy("--during-shift", "ticket 4711", "--yes") == 0
    [up] = terminal.ups
    assert "--message during a shift: ticket 4711 --yes" in up


def test_a_deployment_without_a_shift_passes(terminal: Terminal, stack: Stack) -> None:
    """Also after a release, and while new versions wait for theirs."""
    stack.publish("one", "machine")
    assert stack.rollout("start").status == 0
    stack.publish("two")
    assert terminal.deploy() == 0
    assert len(terminal.ups) == 1


@pytest.mark.parametrize("outputs", [None, {}])
def test_the_first_deployment_of_a_stack_passes(outputs: Any, terminal: Terminal) -> None:
    """Pulumi has no stack, or the stack has no outputs."""
    terminal.outputs = outputs
    assert terminal.deploy() == 0
    assert len(terminal.ups) == 1


def test_a_part_that_is_not_deployed_is_no_shift(terminal: Terminal, stack: Stack) -> None:
    """The deployment repairs it: a missing function, group or state machine."""
    stack.functions.delete_function(FunctionName="test-one")
    stack.codedeploy.before["list_deployments"] = [
        error("ListDeployments", "DeploymentGroupDoesNotExistException") for _ in range(2)
    ]
    stack.machines.before["describe_state_machine_alias"] = [error("DescribeStateMachineAlias", "ResourceNotFound")]
    assert terminal.deploy() == 0


@pytest.mark.parametrize("operation", ["list_deployments", "batch_get_deployments"])
def test_a_shift_that_cannot_be_read_refuses_the_deployment(
    operation: str, terminal: Terminal, stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error is AWS's."""
    _deployment(stack)
    stack.codedeploy.before[operation] = [error(operation, "AccessDeniedException", "not allowed") for _ in range(2)]
    assert terminal.deploy() == 2
    assert "AccessDeniedException" in capsys.readouterr().err
    assert terminal.ups == []


def test_outputs_that_pulumi_cannot_read_refuse_the_deployment(terminal: Terminal) -> None:
    """The deployment would fail for the same reason."""
    terminal.outputs, terminal.error = None, "error: PULUMI_ACCESS_TOKEN must be set"
    assert terminal.deploy() == 2
    assert terminal.ups == []

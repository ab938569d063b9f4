"""A sandbox in Pulumi's own engine: what the command asks of the CLI is what the CLI does."""

import base64
import json
import os
import pickle
import shutil
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from bounded_context_infra.configuration.project import Project, current
from bounded_context_platform.temporary_stacks import sandbox as command
from bounded_context_platform.temporary_stacks import stack
from bounded_context_platform.temporary_stacks.kinds import Services, TemporaryPulumi
from bounded_context_platform.temporary_stacks.stack import TemporaryStack
from tests.console import context

from .conftest import Engine, empty

pytestmark = pytest.mark.e2e

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """One that has deployed nothing."""
    return empty(tmp_path / "engine")


@pytest.fixture
def clone(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The repository, and a login to the engine's state; nothing is packaged, and no traffic is shifted."""
    for name, value in engine.variables().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", f"{engine.folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(Services, "person", lambda _: "anna")
    monkeypatch.setattr(TemporaryStack, "shift_all", lambda *_: None)
    monkeypatch.setattr(stack, "build_lambda", lambda _: None)
    monkeypatch.delenv("CLOSED", raising=False)
    project = Project(engine.folder, current().settings)
    monkeypatch.setattr(command, "repository", lambda: project)
    return project


def test_a_sandbox_is_created_listed_and_destroyed_from_another_clone(
    clone: Project, engine: Engine, capsys: Capture
) -> None:
    """There is nothing of it in that clone, neither its settings nor the key of its secrets."""
    assert context("sandbox", "up", "anna", "--hours", "1") == 0, capsys.readouterr().err
    resources: Any = json.loads(engine.do("stack", "export", stack="sandbox-anna"))["deployment"]["resources"]
    tags = [resource["inputs"]["tags"] for resource in resources if "tags" in resource.get("inputs", {})]
    assert len(tags) > 50
    assert {tag["owner"] for tag in tags} == {"anna"}
    capsys.readouterr()
    assert context("sandbox", "list", "--json") == 0
    [entry] = json.loads(capsys.readouterr().out)["stacks"]
    assert (entry["stack"], entry["owner"], entry["expired"]) == ("sandbox-anna", "anna", False)
    assert {tag["expires"] for tag in tags} == {entry["expires"]}
    (clone.service / "Pulumi.sandbox-anna.yaml").unlink()
    assert context("sandbox", "down", "anna") == 0, capsys.readouterr().err
    assert "sandbox-anna" not in engine.do("stack", "ls", "--json", stack=None)


URN = "urn:pulumi:sandbox-ben::payment::"
Planted = Callable[[str], list[Path]]


class Planter:
    """A pickled object that creates a file when it is loaded, as a dynamic provider's code may."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (f"touch {self.file}",)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of a server of plugins, which records a download as a file."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            (tmp_path / "downloaded").touch()
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (named by http.server)
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _state(package: str, kind: str, inputs: dict[str, Any], resource: dict[str, Any]) -> dict[str, Any]:
    """Return a deployment with a provider and a resource of its."""
    provider = f"{URN}pulumi:providers:{package}::default"
    resources = [
        {"urn": provider, "custom": True, "id": "1", "type": f"pulumi:providers:{package}", "inputs": inputs},
        {
            "urn": f"{URN}{kind}::planted",
            "custom": True,
            "id": "2",
            "type": kind,
            "provider": f"{provider}::1",
            "inputs": resource,
            "outputs": resource,
        },
    ]
    manifest = {"time": "2026-01-01T00:00:00Z", "magic": "", "version": ""}
    return {"version": 3, "deployment": {"manifest": manifest, "resources": resources}}


@pytest.fixture
def states(tmp_path: Path, server: str) -> dict[str, dict[str, Any]]:
    """States that run code of their writer, each with a file in the test's folder as a trace."""
    code = base64.b64encode(pickle.dumps(Planter(tmp_path / "executed"))).decode()
    address = {"version": "1.0.0", "__internal": {"pluginDownloadURL": server}}
    return {
        "downloaded": _state("foreign", "foreign:index:Thing", address, {}),
        "executed": _state("pulumi-python", "pulumi-python:dynamic:Resource", {}, {"__provider": code}),
    }


def _plant(engine: Engine, state: dict[str, Any]) -> None:
    """Import a state of a sandbox that is over. The host of dynamic providers is beside the CLI, as in its archive."""
    host = engine.folder / "bin" / "pulumi-resource-pulumi-python"
    shutil.copy(str(shutil.which("pulumi")), host.parent)
    host.write_text(f'#!/bin/sh\nexec {sys.executable} -u -m pulumi.dynamic "$@"\n')
    host.chmod(0o755)
    file = engine.folder / "planted.json"
    file.write_text(json.dumps(state))
    engine.do("stack", "init", "--no-select", "sandbox-ben", stack=None)
    for name, value in {"owner": "ben", "expires": "2026-01-01T00:00:00Z"}.items():
        engine.do("stack", "tag", "set", name, value, stack="sandbox-ben")
    engine.do("stack", "import", "--file", str(file), stack="sandbox-ben")


@pytest.mark.parametrize("trace", ["downloaded", "executed"])
def test_a_sweep_runs_no_code_of_a_state(
    clone: Project, engine: Engine, states: dict[str, Any], trace: str, tmp_path: Path, capsys: Capture
) -> None:
    """The sentence has the stack and the resource. The state stays for a person."""
    _plant(engine, states[trace])
    status = context("sandbox", "sweep", "sandbox")
    printed = capsys.readouterr().out
    assert not (tmp_path / trace).exists(), printed
    assert status == 1
    assert "sandbox-ben" in engine.do("stack", "ls", "--json", stack=None)
    assert "pulumi:providers:" in printed
    assert "pulumi stack export" in printed


@pytest.mark.parametrize("trace", ["downloaded", "executed"])
def test_a_state_that_changes_after_its_check_runs_no_code(
    clone: Project,
    engine: Engine,
    states: dict[str, Any],
    trace: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    """The destruction itself downloads no plugin and starts no dynamic provider."""
    _plant(engine, states[trace])
    monkeypatch.setattr(TemporaryPulumi, "_check", lambda *_: None)
    status = context("sandbox", "sweep", "sandbox")
    printed = capsys.readouterr().out
    assert not (tmp_path / trace).exists(), printed
    assert status == 1
    assert "pulumi destroy failed" in printed

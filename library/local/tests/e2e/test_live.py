"""Work on a context that runs: call its functions, step through them, follow what they log, save other code."""

import copy
import json
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from bounded_context_cli.optional import written_by
from bounded_context_infra.configuration.project import VARIABLE, Project, at
from bounded_context_local.actors.caller import invoke
from bounded_context_local.emulator import process
from bounded_context_local.emulator.clock import until
from bounded_context_local.live import reload
from bounded_context_local.live.events import samples_of, step_samples
from bounded_context_local.live.function import Deployed
from bounded_context_local.live.reload import publish, watching
from bounded_context_local.running import start
from bounded_context_local.running.context import RunningContext
from tests.console import PROGRAM

from .facts import CONTEXT, ENVIRONMENT, GET, PROJECT
from .lists import Sample, import_list

pytestmark = pytest.mark.e2e
SECONDS = 60
STEP = CONTEXT.verification_step
LAUNCHED = "${workspaceFolder}/.venv/bin/context"

TELLING = """
import os
import boto3

def {step}(event, context):
    {first}
    return {{"who": boto3.client("sts").get_caller_identity()["Arn"], "table": os.environ["TABLE_NAME"]}}
"""
"""An entry point that says who it is, and what it was told."""


@pytest.fixture
def repository(deployed: RunningContext, tmp_path: Path) -> Iterator[Project]:
    """A repository of the context, of which a run is kept; its code may be changed."""
    shutil.copytree(PROJECT.root / "src", tmp_path / "src")
    shutil.copy(PROJECT.root / "pyproject.toml", tmp_path)
    project = at(tmp_path)
    with start.published(project, process.endpoints_of(deployed.context, deployed.emulator, deployed.outputs)):
        yield project


@pytest.fixture
def edited(deployed: RunningContext, repository: Project) -> Iterator[list[str]]:
    """What is said of code that is saved there; in the end the function has its code again."""
    ours, said = copy.copy(deployed), list[str]()
    ours.project = repository
    with watching(ours, said.append):
        yield said
    publish(deployed.aws, deployed.outputs["functions"][STEP], (PROJECT.build / "local" / "code.zip").read_bytes())


def test_a_call_prints_the_answer_and_the_log_of_the_function(repository: Project):
    """The answer alone is on standard output."""
    nobody = json.dumps({"payload": {PROJECT.context.identity: f"nobody-{uuid.uuid4().hex[:8]}"}})
    result = _live(repository, "invoke", GET, "-", standard_input=nobody)
    assert result.returncode == 0
    assert json.loads(result.stdout)["error"]["code"] == "not-found"
    assert "query refused" in result.stderr
    assert "code=not-found" in result.stderr


@pytest.mark.nightly
def test_a_call_that_raises_ends_with_1_and_a_wrong_name_with_2(repository: Project):
    """Whoever calls it from a script tells them apart."""
    raised = _live(repository, "invoke", "register_list", "-", standard_input="{}")
    assert raised.returncode == 1
    assert "errorType" in json.loads(raised.stdout)
    assert "stackTrace" not in json.loads(raised.stdout)
    assert "uncaught exception" in raised.stderr
    wrong = _live(repository, "invoke", f"{GET}s")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert f"write {GET}" in wrong.stderr


@pytest.mark.nightly
def test_logs_are_selected_by_the_id_of_a_caller(repository: Project, tmp_path: Path):
    """All lines of that call, and of no other."""
    mark = f"mark-{uuid.uuid4().hex}"
    listed = _live(repository, "invoke", GET).stdout.split()
    if "request" not in listed:
        pytest.skip("this context has no API")
    request = {"headers": {"x-correlation-id": mark}, **_context_of_a_request()}
    (tmp_path / "request.json").write_text(json.dumps(request))
    assert _live(repository, "invoke", GET, str(tmp_path / "request.json")).returncode == 0
    lines = _live(repository, "logs", "--correlation", mark).stdout.splitlines()
    assert mark in lines[0]
    assert [line.split()[2] for line in lines] == ["INFO", "REPORT"]
    assert all(line.split()[1].startswith(GET) for line in lines)


def test_a_debugger_stops_in_a_function_that_has_its_own_role(deployed: RunningContext, repository: Project):
    """Its environment is that of the deployed function; its code is what lies in the repository."""
    _tell(repository, "breakpoint()")
    event = repository.root / "event.json"
    event.write_text("{}")
    result = _live(repository, "debug", STEP, str(event), standard_input="p 'stopped in', context.function_name\nc\n")
    name = deployed.outputs["functions"][STEP].split(":")[6]
    assert f"('stopped in', '{name}')" in result.stdout
    document = json.loads(result.stdout[result.stdout.rindex("{\n") :])
    assert document["table"] == deployed.outputs["table_name"]
    assert (
        document["who"].split("/")[1]
        == deployed.aws.call("lambda", "get_function", FunctionName=name)["Configuration"]["Role"].rpartition("/")[2]
    )


def test_saved_code_is_live_and_code_that_cannot_be_read_is_not(
    deployed: RunningContext, repository: Project, edited: list[str]
):
    """Only the code is another: the environment and the alias stay."""
    before = _configuration(deployed)
    _tell(repository, "pass")
    _until(edited, f"-> {STEP}")
    assert deployed.invoke(STEP, {})["table"] == deployed.outputs["table_name"]
    readable = _steps(repository).read_text()
    _steps(repository).write_text("def (")
    _until(edited, "The published code stays")
    assert deployed.invoke(STEP, {})["table"] == deployed.outputs["table_name"]
    _steps(repository).write_text(readable)
    declaration = repository.sources / "context.py"
    declaration.write_text(declaration.read_text("utf-8").replace("Context(", 'Context(scopes={"unknown": ()},', 1))
    _until(edited, "unknown")
    assert edited[-1].startswith(str(declaration.relative_to(repository.root)))
    assert _configuration(deployed) == before


def test_a_save_leaves_one_version_and_its_processes(
    deployed: RunningContext, repository: Project, edited: list[str], monkeypatch: pytest.MonkeyPatch
):
    """The emulator ends the processes of a deleted version. A version has two: for the test's call, and its warm-up."""
    monkeypatch.setattr(reload, "LEFT_SECONDS", 0.1)
    alias = deployed.outputs["functions"][STEP]
    function = alias.split(":")[6]

    def versions() -> int:
        return len(deployed.aws.call("lambda", "list_versions_by_function", FunctionName=function)["Versions"])

    folder = f"{deployed.emulator.folder}/ministack-lambda-{function}-"
    before, running = versions(), _processes(folder)
    for number in range(3):
        _tell(repository, f"pass  # {number}")
        _until(edited, f"-> {STEP}", number + 1)
        deployed.invoke(STEP, {})
    assert until(lambda: versions() == before, SECONDS), (versions(), before)
    assert len(_processes(folder) - running) <= 2


def test_every_function_can_be_called_with_each_of_its_samples(
    deployed: RunningContext, repository: Project, sample: Callable[[int], Sample]
):
    """Those of steps are about a list that is there; none of them ends with an error."""
    import_list(deployed, sample(3).with_ragged(3))
    import_list(deployed, sample(3), expected=4)
    run, failed = start.find(repository), dict[str, Any]()
    for name in deployed.outputs["functions"]:
        function = Deployed.find(deployed.aws, run, name)
        own = dict(step_samples(deployed.aws, deployed.outputs, CONTEXT, name))
        samples = own | samples_of(CONTEXT, name, function.variables)
        assert own or name not in CONTEXT.steps
        outcomes = {
            f"{name} {event}": invoke(deployed.aws, function.alias_arn, payload) for event, payload in samples.items()
        }
        failed |= {title: outcome.answer for title, outcome in outcomes.items() if outcome.failed}
    assert failed == {}


@pytest.mark.nightly
def test_launch_configurations_name_commands_that_run(repository: Project):
    """As the editor starts them, but for its debugger."""
    [(_, text)] = written_by(PROJECT, "vscode")
    launch = json.loads(text)
    event = {f"${{input:{input_['id']}}}": input_["default"] for input_ in launch["inputs"]}
    function, tests = launch["configurations"]
    values = event | {"${file}": "tests/test_rules.py"}
    result = _run(repository.root, function, values, {VARIABLE: str(repository.root)})
    document = json.loads(result.stdout[result.stdout.rindex("\n{\n") :])
    # Whether there is such a thing is other tests' matter.
    assert isinstance(document["ok"], bool)
    assert "passed" in _run(PROJECT.root, tests, values, {}).stdout


def _run(
    folder: Path, configuration: dict[str, Any], values: dict[str, str], more: dict[str, str]
) -> "subprocess.CompletedProcess[str]":
    arguments = [values.get(argument, argument) for argument in configuration["args"]]
    started = [PROGRAM] if configuration.get("program") == LAUNCHED else ["-m", configuration["module"]]
    command = [sys.executable, *started, *arguments]
    return subprocess.run(command, cwd=folder, env=ENVIRONMENT | more, capture_output=True, text=True, check=True)  # noqa: S603


def _live(repository: Project, *arguments: str, standard_input: str = "") -> "subprocess.CompletedProcess[str]":
    environment = ENVIRONMENT | {VARIABLE: str(repository.root), "PYTHONPATH": str(repository.root / "src")}
    command = [PROGRAM, *arguments]
    return subprocess.run(  # noqa: S603
        command, env=environment, input=standard_input, capture_output=True, text=True, check=False, timeout=SECONDS
    )


def _processes(folder: str) -> set[int]:
    """Return the ids of the processes whose command line contains a path that begins with `folder`."""
    processes = psutil.process_iter(["pid", "cmdline"])
    return {process.info["pid"] for process in processes if folder in " ".join(process.info["cmdline"] or [])}


def _steps(repository: Project) -> Path:
    return repository.sources / "list_steps.py"


def _tell(repository: Project, first: str) -> None:
    """Let the step say who it is."""
    with _steps(repository).open("a") as file:
        file.write(TELLING.format(step=STEP, first=first))


def _context_of_a_request() -> dict[str, Any]:
    path = CONTEXT.routes[GET].partition(" ")[2].format_map({CONTEXT.identity: "nobody"})
    return {
        "rawPath": path,
        "requestContext": {"http": {"method": "GET", "path": path}, "requestId": "request", "stage": "$default"},
    }


def _configuration(deployed: RunningContext) -> dict[str, Any]:
    configuration = deployed.aws.call(
        "lambda", "get_function_configuration", FunctionName=deployed.outputs["functions"][GET]
    )
    return {name: configuration[name] for name in ("Environment", "Role", "Timeout", "MemorySize", "Handler", "Layers")}


def _until(said: list[str], what: str, times: int = 1) -> None:
    assert until(lambda: sum(what in line for line in said) >= times, SECONDS), said

"""The workflows' steps for real, in a shell, in a repository as the checkout leaves it.

Stand-ins are Pulumi, pip (uv is here already) and the rollout, which uv would start; AWS is moto, and GitHub a server
of the test. The action that gets credentials has given them.
"""

import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.pipeline import stand_in_pip, stand_in_pulumi, stand_in_uv
from tests.pipeline.container import lambda_answers
from tests.pipeline.shell import sources, stand_in
from tests.pipeline.test_commands import PASSED
from tests.sandbox.conftest import Api
from tests.smoke_account import stand_in_pulumi as stand_in_stacks

from .workflows import Runner, outputs

pytestmark = pytest.mark.e2e

REGION, ACCOUNT = "eu-west-1", "123456789012"
ALIAS = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:one:live"
EXPRESSIONS = {
    # Not a bucket, whose stacks would be listed by their objects: the stand-in for Pulumi lists them.
    "vars.PULUMI_BACKEND_URL": "https://api.pulumi.com",
    "github.event.pull_request.number": "12",
    "github.event.pull_request.user.login": "anna",
    "github.event.repository.default_branch": "main",
    "github.token": "token",
    "matrix.kind": "pr",
    "needs.closed.outputs.numbers": "[]",
    "vars.AWS_SWEEP_SECONDS || '3600'": "3600",
}

Make = Callable[[Any], Runner]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources, with the library's wheel, which the packages are installed from once."""
    return sources(tmp_path_factory.mktemp("checkout") / "src")


@pytest.fixture
def runner(repository: Path, tmp_path: Path, aws_endpoint: str, github: Api) -> Make:
    """A machine of GitHub's, with this stand-in for Pulumi."""

    def make(pulumi: Any) -> Runner:
        for name, module in (("pulumi", pulumi), ("pip", stand_in_pip), ("uv", stand_in_uv)):
            stand_in(tmp_path / "bin", name, Path(str(module.__file__)))
        (tmp_path / "stacks").write_text("dev prod")
        (tmp_path / "outputs.json").write_text(
            json.dumps({"functions": {"one": ALIAS}, "table_name": "payment-dev-table"})
        )
        variables = {
            "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "AKIAROLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_ENDPOINT_URL": aws_endpoint,
            "GITHUB_API_URL": github.url,
            "GITHUB_REPOSITORY": "org/repo",
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            "STAND_IN": str(tmp_path),
            "STAND_IN_CALLS": str(tmp_path / "calls"),
            "STAND_IN_OUTPUTS": "{}",
            "STAND_IN_ROLLOUT": str(tmp_path / "rollout"),
            stand_in_uv.UV: str(shutil.which("uv")),
        }
        return Runner(repository, variables, EXPRESSIONS)

    return make


def after(machine: Runner, job: str, name: str) -> Runner:
    """Return the machine of the job after another job, with that job's output in its expressions."""
    output = outputs(Path(machine.variables["GITHUB_OUTPUT"]).read_text())[name]
    expressions = {**machine.expressions, f"needs.{job}.outputs.{name}": output}
    return Runner(machine.folder, machine.variables, expressions)


def test_a_pull_request_gets_a_comment_with_its_changes(runner: Make, github: Api) -> None:
    """From the checkout to the comment."""
    machine = runner(stand_in_pulumi)
    processes = machine.run("preview", "preview")
    assert [process.returncode for process in processes] == [0] * 5, processes[-1].stdout + processes[-1].stderr
    processes = after(machine, "preview", "report").run("preview", "comment")
    assert [process.returncode for process in processes] == [0] * 4, processes[-1].stdout + processes[-1].stderr
    [comment] = github.comments
    assert comment["body"].startswith("<!-- preview of dev -->\n### `dev`: 1 to create, 1 to update")


def test_a_failed_preview_fails_the_job_and_is_commented(runner: Make, github: Api) -> None:
    """The job of the comment runs all the same."""
    machine = runner(stand_in_pulumi)
    machine = Runner(machine.folder, {**machine.variables, "STAND_IN_BAD_SETTING": "protect is 'x'"}, EXPRESSIONS)
    assert machine.run("preview", "preview")[-1].returncode == 1
    processes = after(machine, "preview", "report").run("preview", "comment")
    assert [process.returncode for process in processes] == [0] * 4, processes[-1].stderr
    assert "cannot be previewed" in github.comments[0]["body"]


def test_a_stack_is_deployed_shifted_smoked_and_destroyed(runner: Make, tmp_path: Path) -> None:
    """By the label, and when the request closes."""
    machine = runner(stand_in_stacks)
    with lambda_answers(machine.variables["AWS_ENDPOINT_URL"], ACCOUNT, REGION, [PASSED]):
        processes = machine.run("preview", "stack")
    assert [process.returncode for process in processes] == [0] * 6, processes[-1].stdout + processes[-1].stderr
    config = yaml.safe_load((machine.folder / "infra" / "service" / "Pulumi.pr-12.yaml").read_text())["config"]
    assert {name: value for name, value in config.items() if name.endswith((":alarms", ":owner"))} == {
        "payment:alarms": "none",
        "payment:owner": "anna",
    }
    assert json.loads((tmp_path / "rollout").read_text())["arguments"][:2] == ["start", "pr-12"]
    assert "one: passed" in processes[-1].stdout
    assert (tmp_path / "stacks").read_text().split() == ["dev", "prod", "pr-12"]
    gone = machine.run("preview", "gone")
    assert [process.returncode for process in gone] == [0] * 4, gone[-1].stderr
    assert (tmp_path / "stacks").read_text().split() == ["dev", "prod"]


def test_the_sweep_destroys_the_stack_of_a_closed_request(runner: Make, tmp_path: Path, github: Api) -> None:
    """After the job with the token, which lists the closed requests."""
    machine = runner(stand_in_stacks)
    github.closed = {12: datetime.now(UTC)}
    (tmp_path / "stacks").write_text("dev pr-12")
    (tmp_path / "tags-pr-12.json").write_text(json.dumps({"owner": "anna", "expires": "2126-01-01T00:00:00Z"}))
    processes = machine.run("preview", "closed")
    assert {process.returncode for process in processes} == {0}, processes[-1].stderr
    processes = after(machine, "closed", "numbers").run("preview", "sweep")
    assert {process.returncode for process in processes} == {0}, processes[-1].stderr
    assert "✓ pr-12 destroyed: pull request 12 is closed" in processes[-1].stdout
    assert (tmp_path / "stacks").read_text() == "dev"

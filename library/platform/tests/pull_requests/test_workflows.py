"""The workflows: nothing of them is trusted with more than it needs, and two tools look for what we do not know of."""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bounded_context_platform.permissions.policies import ENVIRONMENT, SWEEP
from bounded_context_platform.temporary_stacks.kinds import KINDS
from tests.console import parsed

from .workflows import FOLDER, SETUP, WORKFLOWS, jobs, read, steps

JOBS = dict(jobs())
ON_SCHEDULE = """contains(fromJSON('["schedule", "workflow_dispatch"]'), github.event_name)"""
PINNED = re.compile(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
ONE_COMMAND = re.compile(r"(uv run context [\w-]+|uv sync|pip install)( [^;&|`\n]*)?")

of_each_job = pytest.mark.parametrize("job", JOBS.values(), ids=list(JOBS))


def lines() -> Iterator[str]:
    """Every line of what lies there."""
    for path in FOLDER.rglob("*.yml"):
        yield from path.read_text().splitlines()


def checkout(job: dict[str, Any]) -> dict[str, Any]:
    """Return the step of a job that fetches the sources."""
    [step] = [step for step in job["steps"] if "actions/checkout" in step.get("uses", "")]
    return step


def test_there_is_a_workflow_for_the_check_and_one_for_temporary_stacks() -> None:
    """And no other. The check is apart: a branch rule counts a skipped check as a passed check."""
    assert [path.stem for path in WORKFLOWS] == ["check", "preview"]
    assert "if" not in JOBS["check/check"]


def test_a_merge_queue_waits_for_the_check_and_every_workflow_needs_the_lock() -> None:
    """The queue's commit is another than the request's; without uv.lock, uv would resolve other versions."""
    assert "merge_group" in read(FOLDER / "workflows" / "check.yml")["on"]
    assert all(read(path)["env"]["UV_LOCKED"] == "1" for path in WORKFLOWS)


def test_actions_of_others_are_pinned_by_commit() -> None:
    """A tag can be moved; which version it is stands beside."""
    foreign = [line for line in lines() if "uses:" in line and "./.github" not in line]
    assert len(foreign) > 5
    assert [line for line in foreign if not PINNED.search(line)] == []


def test_the_same_action_is_everywhere_of_the_same_version() -> None:
    """What is renewed in one place would else be forgotten in another."""
    pins: dict[str, set[str]] = {}
    for line in lines():
        if match := re.search(r"uses: ([\w-]+/[\w-]+)@(\S+)", line):
            pins.setdefault(match[1], set()).add(match[2])
    assert [name for name, versions in pins.items() if len(versions) > 1] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_forks_code_runs_with_a_token_that_reads_only(path: Path) -> None:
    """`pull_request_target` and `workflow_run` would run it with rights of the repository; no secret is named."""
    workflow = read(path)
    assert set(workflow["on"]) <= {"merge_group", "pull_request", "schedule", "workflow_dispatch"}
    assert workflow["permissions"] == {}
    assert "secrets." not in path.read_text()


@of_each_job
def test_a_job_with_a_role_does_not_run_for_forks(job: dict[str, Any]) -> None:
    """Forks get the check alone. A job of no pull request names its events."""
    takes_on = "id-token" in job["permissions"]
    asks = "head.repo.full_name == github.repository" in job.get("if", "")
    assert asks or not takes_on or ON_SCHEDULE in job.get("if", "")


def test_the_schedule_starts_only_the_sweep() -> None:
    """All other jobs need a pull request, or the result of a job that needs it."""
    swept = ["preview/closed", "preview/sweep"]
    assert [name for name, job in JOBS.items() if ON_SCHEDULE in job.get("if", "")] == swept
    of_requests = [name for name, job in JOBS.items() if "github.event.pull_request.head.repo" in job.get("if", "")]
    assert of_requests == ["preview/preview", "preview/stack", "preview/gone"]
    assert set(JOBS) == {*of_requests, *swept, "preview/comment", "check/check"}


def test_the_sweep_gets_the_closed_requests_of_a_job_without_a_role() -> None:
    """It also sweeps what is expired if that job fails. The numbers are all that it gets."""
    sweep, closed = JOBS["preview/sweep"], JOBS["preview/closed"]
    assert (sweep["needs"], sweep["if"].startswith("!cancelled() && ")) == ("closed", True)
    assert sweep["env"]["CLOSED"] == "${{ needs.closed.outputs.numbers }}"
    assert closed["outputs"] == {"numbers": "${{ steps.closed.outputs.numbers }}"}
    assert "id-token" not in closed["permissions"]


def test_each_role_of_temporary_stacks_is_assumed_in_an_environment() -> None:
    """A sweep has an environment for its kind, as the roles' trust policies name it."""
    environments = {name: job["environment"] for name, job in JOBS.items() if "environment" in job}
    assert environments == {
        "preview/stack": ENVIRONMENT,
        "preview/gone": ENVIRONMENT,
        "preview/sweep": SWEEP + "${{ matrix.kind }}",
    }
    assert JOBS["preview/sweep"]["strategy"]["matrix"]["kind"] == sorted(KINDS)
    with_role = {name for name, job in JOBS.items() if any("role" in step.get("with", {}) for step in job["steps"])}
    assert with_role == {*environments, "preview/preview"}


@of_each_job
def test_the_token_of_a_job_that_destroys_stacks_reads_the_sources_alone(job: dict[str, Any]) -> None:
    """Since the job executes a state that others wrote: no step has the token, which reads no pull request."""
    if any(re.search(r"sandbox sweep|pull-request down", step.get("run", "")) for step in job["steps"]):
        assert job["permissions"] == {"contents": "read", "id-token": "write"}
        assert "github.token" not in str(job)


def test_no_step_of_a_stack_downloads_a_plugin() -> None:
    """The setup installs the AWS plugin in the version of the lock. The variable is of the whole workflow."""
    assert read(FOLDER / "workflows" / "preview.yml")["env"]["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"


def test_one_sweep_of_a_kind_runs_at_a_time() -> None:
    """Each kind of stacks has its own group, since a group has at most one waiting job."""
    assert JOBS["preview/sweep"]["concurrency"]["group"] == "sweep-${{ matrix.kind }}"


@of_each_job
def test_a_job_has_the_permissions_of_its_steps(job: dict[str, Any]) -> None:
    """Read the sources; a role and a comment where there is a step for it; and it ends some time."""
    used = list(steps(job))
    permissions = {"contents": "read"}
    if any("role" in step.get("with", {}) for step in job["steps"]):
        permissions["id-token"] = "write"
    if any("pull-request comment" in step.get("run", "") for step in used):
        permissions["pull-requests"] = "write"
    if any("pull-request closed" in step.get("run", "") for step in used):
        permissions["pull-requests"] = "read"
    assert job["permissions"] == permissions
    assert int(job["timeout-minutes"]) <= 150


def test_the_sweep_has_time_for_its_session_and_knows_its_end() -> None:
    """Otherwise GitHub or AWS could end a destruction in the middle. The variable may have up to two hours."""
    job = JOBS["preview/sweep"]
    assert job["env"]["SESSION_SECONDS"] == "${{ vars.AWS_SWEEP_SECONDS || '3600' }}"
    assert [step["with"]["seconds"] for step in job["steps"] if step.get("uses") == SETUP] == [
        "${{ env.SESSION_SECONDS }}"
    ]
    [configured] = [step for step in steps(job) if "configure-aws-credentials" in step.get("uses", "")]
    assert configured["with"]["role-duration-seconds"] == "${{ inputs.seconds }}"
    assert int(job["timeout-minutes"]) * 60 > 7200


@of_each_job
def test_a_job_that_writes_to_pull_requests_runs_only_the_code_of_the_default_branch(job: dict[str, Any]) -> None:
    """Such a job also assumes no role, and the pull request's text reaches it only as a variable."""
    if job["permissions"].get("pull-requests") == "write":
        assert checkout(job)["with"]["ref"] == "${{ github.event.repository.default_branch }}"
        assert "id-token" not in job["permissions"]
        assert job["steps"][0] == checkout(job)


def test_the_comment_is_the_report_of_the_preview_also_of_a_failed_one() -> None:
    """The step's output is the job's output, which is the variable of the comment."""
    preview, comment = JOBS["preview/preview"], JOBS["preview/comment"]
    [reporting] = [step for step in preview["steps"] if step.get("id") == "preview"]
    assert reporting["run"] == "uv run context pull-request preview"
    assert preview["outputs"] == {"report": "${{ steps.preview.outputs.report }}"}
    assert comment["needs"] == "preview"
    assert comment["if"].startswith("${{ !cancelled() && ")
    assert comment["steps"][-1]["env"]["REPORT"] == "${{ needs.preview.outputs.report }}"


@of_each_job
def test_the_checkout_leaves_no_token_behind(job: dict[str, Any]) -> None:
    """The sources that come next could read it."""
    assert checkout(job)["with"]["persist-credentials"] == "false"


@of_each_job
def test_only_a_step_that_calls_github_gets_its_token(job: dict[str, Any]) -> None:
    """And never while a pull request's own program runs."""
    with_token = [step["run"] for step in steps(job) if "GITHUB_TOKEN" in step.get("env", {})]
    assert "GITHUB_TOKEN" not in job.get("env", {})
    assert all(re.search(r"pull-request (comment|closed)", command) for command in with_token)


@of_each_job
def test_each_step_is_one_command_that_is_there(job: dict[str, Any]) -> None:
    """What it does is in the library, where it is tested; the console takes its arguments."""
    for command in (step["run"] for step in steps(job) if "run" in step):
        assert ONE_COMMAND.fullmatch(command), command
        assert "${{" not in command
        if command.startswith("uv run context "):
            parsed(shlex.split(command.replace("$KIND", "sandbox"))[3:])


@pytest.mark.parametrize("name", ["preview/stack", "preview/gone", "preview/sweep"])
def test_a_running_deployment_is_not_cancelled(name: str) -> None:
    """It would leave a lock; what comes later waits."""
    assert JOBS[name]["concurrency"]["cancel-in-progress"] == "false"


def test_creation_and_destruction_of_a_stack_do_not_overlap() -> None:
    """By the same group."""
    assert JOBS["preview/stack"]["concurrency"]["group"] == JOBS["preview/gone"]["concurrency"]["group"]


def checked(tool: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What a tool says of the workflows below a folder; the test is skipped without actionlint, which needs Go."""
    if tool == "actionlint" and shutil.which(tool) is None:
        pytest.skip("actionlint is not on the PATH: see .ci/run")
    arguments = {"actionlint": ["-no-color"], "zizmor": ["--offline", "--quiet", "--persona", "pedantic", "."]}[tool]
    return subprocess.run([tool, *arguments], cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A repository with the workflows and nothing else."""
    shutil.copytree(FOLDER, tmp_path / ".github")
    (tmp_path / ".git").mkdir()
    return tmp_path


@pytest.mark.e2e
@pytest.mark.parametrize("tool", ["actionlint", "zizmor"])
def test_the_tools_report_no_finding(tool: str, copied: Path) -> None:
    """Neither a mistake of form nor what an attacker could use."""
    result = checked(tool, copied)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("tool", "good", "bad", "said"),
    [
        ("actionlint", "vars.AWS_PREVIEW_ROLE", "varz.AWS_PREVIEW_ROLE", "undefined variable"),
        ("actionlint", "id-token: write", "id-token: wrote", "is invalid as permission of scope"),
        ("zizmor", "persist-credentials: false", "fetch-depth: 1", "artipacked"),
        ("zizmor", "  pull_request:", "  pull_request_target:", "dangerous-triggers"),
        ("zizmor", "@3d3c42e5aac5ba805825da76410c181273ba90b1", "@v7", "unpinned-uses"),
        (
            "zizmor",
            "context pull-request comment",
            "context pull-request comment '${{ github.event.pull_request.title }}'",
            "template-injection",
        ),
    ],
)
def test_the_tools_report_a_mistake(tool: str, good: str, bad: str, said: str, copied: Path) -> None:
    """One of each kind, planted."""
    preview = copied / ".github" / "workflows" / "preview.yml"
    text = preview.read_text()
    assert good in text
    preview.write_text(text.replace(good, bad))
    result = checked(tool, copied)
    assert result.returncode != 0
    assert said in result.stdout + result.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_repository_without_a_lock_installs_nothing(path: Path, tmp_path: Path) -> None:
    """uv ends with one sentence, which names the file and the command that writes it."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "one"\nversion = "1"\nrequires-python = ">=3.11"\n')
    [command] = {step["run"] for _, job in jobs() for step in steps(job) if step.get("run", "").startswith("uv sync")}
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "UV_OFFLINE": "1", **locked(read(path))}
    shell = ["/bin/sh", "-c", command]
    result = subprocess.run(shell, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    assert result.returncode != 0
    [sentence] = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert "`uv.lock`" in sentence
    assert "`uv lock`" in sentence
    assert not (tmp_path / "uv.lock").exists()


def locked(workflow: dict[str, Any]) -> dict[str, str]:
    """Return the variables of a workflow by which uv requires the lock."""
    return {name: value for name, value in workflow["env"].items() if name.startswith("UV_")}

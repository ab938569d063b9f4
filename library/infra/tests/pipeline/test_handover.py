"""The handover: a step refuses files that an earlier step did not make, before it runs any of them."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pulumi
import pytest
import yaml

from bounded_context_infra.pipeline import stages
from bounded_context_infra.pipeline.stages import HANDED_ON

from .shell import buildspec, commands

MINE, OTHERS = "1f0c5a2e", "77aa31bd"
PLAN = "plan_3"


def built(folder: Path, commit: str = MINE, program: str = "a program") -> str:
    """Fill a folder as the build does, its environment included; return the list's SHA-256, which it exports."""
    (folder / "infra").mkdir(parents=True)
    (folder / "infra" / "__main__.py").write_text(program)
    (folder / ".venv").mkdir()
    (folder / ".venv" / "package.py").write_text("is not handed on")
    exported = _exported("build", folder, commit)
    shutil.rmtree(folder / ".venv")
    return exported


def previewed(folder: Path, plan: str = "a plan") -> str:
    """Write a plan as the preview does; return its SHA-256, which the preview exports."""
    folder.mkdir(parents=True)
    (folder / "plan.json").write_text(plan)
    return _exported("preview", folder, MINE)


def _exported(step: str, folder: Path, commit: str) -> str:
    # The build lists its files first.
    lines = commands(buildspec(step))[-2 if step == "build" else -1 :]
    printed = shell(folder, "\n".join([*lines, f'printf "%s" "${HANDED_ON}"']), {"COMMIT": commit})
    return printed.stdout


def deploy(files: Path, plan: Path, expected: str, expected_plan: str) -> subprocess.CompletedProcess[str]:
    """Run the deployment of MINE as far as the check of its files."""
    first = commands(buildspec("deploy"))[0]
    variables = {
        "COMMIT": MINE,
        "EXPECTED": expected,
        "FILE_FROM": PLAN,
        "EXPECTED_FILE": expected_plan,
        f"CODEBUILD_SRC_DIR_{PLAN}": str(plan),
    }
    return shell(files, f"{first}\necho deploying", variables)


def shell(folder: Path, lines: str, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run lines as CodeBuild does."""
    command = ["/bin/sh", "-e", "-c", lines]
    environment = {"PATH": "/usr/bin:/bin", **variables}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)  # noqa: S603


class Execution:
    """The files of an execution, between the approval and the deployment."""

    def __init__(self, root: Path) -> None:
        self.files, self.plan = root / "built", root / "planned"
        self.expected, self.expected_plan = built(self.files), previewed(self.plan)

    def deploy(self) -> subprocess.CompletedProcess[str]:
        """Run the deployment as far as the check of its files."""
        return deploy(self.files, self.plan, self.expected, self.expected_plan)


@pytest.fixture
def execution(tmp_path: Path) -> Execution:
    """An execution of MINE after its preview."""
    return Execution(tmp_path)


def test_the_built_files_are_deployed_with_the_previewed_plan(execution: Execution) -> None:
    """The plan is beside the files afterwards."""
    ran = execution.deploy()
    assert (ran.returncode, ran.stdout) == (0, "deploying\n"), ran.stderr
    assert (execution.files / "plan.json").read_text() == "a plan"


def _add_a_pth_file(files: Path) -> None:
    (files / ".venv" / "lib").mkdir(parents=True)
    (files / ".venv" / "lib" / "start.pth").write_text("import os")


def _add_an_empty_environment_as_link(files: Path) -> None:
    elsewhere = files.parent / "elsewhere"
    elsewhere.mkdir()
    (files / ".venv").symlink_to(elsewhere)


def _replace_a_file_by_a_link(files: Path) -> None:
    target = files.parent / "same-content.py"
    shutil.move(files / "infra" / "__main__.py", target)
    (files / "infra" / "__main__.py").symlink_to(target)


def _change(name: str) -> Callable[[Path], None]:
    def change(files: Path) -> None:
        (files / name).write_text("take the role")

    return change


ATTACKS = {
    "a foreign environment": _add_a_pth_file,
    "a link as environment": _add_an_empty_environment_as_link,
    "a link instead of a file": _replace_a_file_by_a_link,
    "a module": _change("infra/boto3.py"),
    "a buildspec": _change("buildspec.yml"),
    "the program": _change("infra/__main__.py"),
    "a plan among the files": _change("plan.json"),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_files_that_change_after_the_build_are_refused(attack: Callable[[Path], None], execution: Execution) -> None:
    """Also files of an environment: `uv run` would start with them."""
    attack(execution.files)
    assert _refused(execution.deploy())


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_a_list_that_changes_with_its_files_is_refused(attack: Callable[[Path], None], execution: Execution) -> None:
    """A preview can write files, their list and its own variable, but not the variable of the build."""
    attack(execution.files)
    _exported("build", execution.files, MINE)
    assert _refused(execution.deploy())


def test_a_plan_that_changes_after_the_approval_is_refused(execution: Execution) -> None:
    """The refusal names the file."""
    (execution.plan / "plan.json").write_text('{"resourcePlans": {"all": "mine"}}')
    ran = execution.deploy()
    assert _refused(ran)
    assert "plan.json" in ran.stdout


def test_a_missing_plan_is_refused(execution: Execution) -> None:
    """An empty artefact is no plan."""
    (execution.plan / "plan.json").unlink()
    assert _refused(execution.deploy())


def test_other_files_beside_the_plan_are_ignored(execution: Execution) -> None:
    """The preview hands on one file."""
    (execution.plan / "boto3.py").write_text("take the role")
    assert execution.deploy().returncode == 0
    assert not (execution.files / "boto3.py").exists()


def test_a_missing_file_is_refused(execution: Execution) -> None:
    """Also without the list; then the commit of the files is unknown."""
    (execution.files / "infra" / "__main__.py").unlink()
    (execution.files / "handed-on.txt").unlink()
    ran = execution.deploy()
    assert _refused(ran)
    assert MINE in _last_line(ran)


def test_files_of_another_commit_are_refused_by_name(execution: Execution, tmp_path: Path) -> None:
    """The refusal names both commits, also if the execution expects this list."""
    others = built(tmp_path / "others", OTHERS, "another program")
    for expected in (execution.expected, others):
        ran = deploy(tmp_path / "others", execution.plan, expected, execution.expected_plan)
        assert _refused(ran)
        assert OTHERS in _last_line(ran)
        assert MINE in _last_line(ran)


def test_a_buildspec_that_hands_on_several_files_is_refused() -> None:
    """The next step verifies one file, or all files."""
    spec = {"phases": {"install": {"commands": []}, "build": {"commands": []}}, "artifacts": {"files": ["a", "b"]}}
    with pytest.raises(pulumi.RunError, match="buildspecs"):
        stages.buildspec(yaml.safe_dump(spec), verifies=True, takes=None)


def _refused(ran: subprocess.CompletedProcess[str]) -> bool:
    return ran.returncode == 1 and _last_line(ran).startswith("Refused: ") and "deploying" not in ran.stdout


def _last_line(ran: subprocess.CompletedProcess[str]) -> str:
    return ran.stdout.splitlines()[-1]

"""The handover: a step refuses files that the previous step did not hand on, before it runs any of them."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bounded_context.infra.pipeline.handover import HANDED_ON

from .shell import buildspec, commands

MINE, OTHERS = "1f0c5a2e", "77aa31bd"
REFUSED = re.compile("Refused: ")
OF_ANOTHER_COMMIT = re.compile(rf"(?:commit ({OTHERS})|(no) commit)\b.*\b({MINE})\b")


def previewed(folder: Path, commit: str = MINE, plan: str = "a plan") -> str:
    """Fill a folder as a preview does; returns what it exports."""
    (folder / "infra").mkdir(parents=True)
    (folder / "plan.json").write_text(plan)
    (folder / "infra" / "__main__.py").write_text("a program")
    (folder / ".venv").mkdir()
    (folder / ".venv" / "package.py").write_text("is not handed on")
    lines = [*commands(buildspec("preview"))[-2:], f'printf "%s" "${HANDED_ON}"']
    exported = shell(folder, "\n".join(lines), {"COMMIT": commit}).stdout
    shutil.rmtree(folder / ".venv")
    return exported


def deploy(folder: Path, expected: str) -> subprocess.CompletedProcess[str]:
    """Run the deployment as far as the check of what it was handed, in the execution of MINE."""
    first = commands(buildspec("deploy"))[0]
    return shell(folder, f"{first}\necho deploying", {"COMMIT": MINE, "EXPECTED": expected})


def shell(folder: Path, lines: str, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run lines as CodeBuild does."""
    command = ["/bin/sh", "-e", "-c", lines]
    environment = {"PATH": "/usr/bin:/bin", **variables}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)  # noqa: S603


def test_what_was_previewed_is_deployed(tmp_path: Path) -> None:
    """The same files in another folder, without the packages."""
    expected = previewed(tmp_path / "preview")
    shutil.copytree(tmp_path / "preview", tmp_path / "deploy")
    ran = deploy(tmp_path / "deploy", expected)
    assert (ran.returncode, ran.stdout) == (0, "deploying\n")


def test_a_plan_that_is_swapped_after_the_approval_is_refused(tmp_path: Path) -> None:
    """The log names the file; the last line is the refusal."""
    expected = previewed(tmp_path)
    (tmp_path / "plan.json").write_text('{"resourcePlans": {"all": "mine"}}')
    ran = deploy(tmp_path, expected)
    assert ran.returncode == 1
    assert "./plan.json" in ran.stdout
    assert REFUSED.match(ran.stdout.splitlines()[-1])
    assert OF_ANOTHER_COMMIT.search(ran.stdout) is None
    assert "deploying" not in ran.stdout


def test_a_plan_that_is_swapped_together_with_its_list_is_refused(tmp_path: Path) -> None:
    """A step can write the files and their list, but not the execution's variable."""
    expected = previewed(tmp_path / "approved")
    previewed(tmp_path / "swapped", plan='{"resourcePlans": {"all": "mine"}}')
    ran = deploy(tmp_path / "swapped", expected)
    assert ran.returncode == 1
    assert REFUSED.match(ran.stdout.splitlines()[-1])
    assert OF_ANOTHER_COMMIT.search(ran.stdout) is None


@pytest.mark.parametrize("name", ["infra/boto3.py", "buildspec.yml", "infra/__main__.py"])
def test_code_that_is_added_or_changed_after_the_approval_is_refused(name: str, tmp_path: Path) -> None:
    """The deployment's role runs the code beside the plan too."""
    expected = previewed(tmp_path)
    (tmp_path / name).write_text("take the role")
    assert deploy(tmp_path, expected).returncode == 1


def test_a_file_that_is_missing_is_refused(tmp_path: Path) -> None:
    """Also the list itself; then the commit of the files is unknown."""
    expected = previewed(tmp_path)
    (tmp_path / "handed-on.txt").unlink()
    (tmp_path / "infra" / "__main__.py").unlink()
    ran = deploy(tmp_path, expected)
    assert ran.returncode == 1
    assert _commits(ran) == ["no", MINE]


def test_a_plan_of_another_commit_is_refused(tmp_path: Path) -> None:
    """Also the plan of a regular preview."""
    expected = previewed(tmp_path / "mine")
    previewed(tmp_path / "others", OTHERS, "another")
    ran = deploy(tmp_path / "others", expected)
    assert ran.returncode == 1
    assert _commits(ran) == [OTHERS, MINE]


def test_a_plan_of_another_commit_is_refused_even_if_its_list_was_expected(tmp_path: Path) -> None:
    """The list contains the commit."""
    expected = previewed(tmp_path, OTHERS)
    assert _commits(deploy(tmp_path, expected)) == [OTHERS, MINE]


def _commits(ran: subprocess.CompletedProcess[str]) -> list[str]:
    """The commits that the refusal names: of the files, and of the execution."""
    refusal = ran.stdout.splitlines()[-1]
    assert REFUSED.match(refusal)
    found = OF_ANOTHER_COMMIT.search(refusal)
    return [found[1] or found[2], found[3]] if found else []

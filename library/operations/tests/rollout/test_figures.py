"""The releases of a stack as figures: of runs, returns and rollbacks, and of the commits in them."""

import json
import os
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bounded_context_cli.command.operation import Access
from bounded_context_infra.pipeline import stages
from bounded_context_operations.release.rollout import figures
from tests.console import context
from tests.rollout.codedeploy import Deployment
from tests.rollout.conftest import Stack

Commit = Callable[..., str]
LEAD = timedelta(hours=2)


@pytest.fixture
def commit(tmp_path: Path, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Commit:
    """Makes a commit some time before the present, and is the commit of the next releases."""
    root = tmp_path / "repository"
    root.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)  # noqa: S607
    commits = figures.Commits(root)
    monkeypatch.setattr(figures, "Commits", lambda _: commits)

    def make(before: timedelta = LEAD) -> str:
        at = (stack.clock.now() - before).isoformat()
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        command = ["git", *identity, "commit", "-q", "--allow-empty", "-m", "Change"]
        subprocess.run(command, cwd=root, check=True, env={**os.environ, "GIT_COMMITTER_DATE": at})  # noqa: S603
        monkeypatch.setenv(figures.COMMIT, figures.git(root, "rev-parse", "HEAD").strip())
        return os.environ[figures.COMMIT]

    return make


def _figures(stack: Stack, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    stack.outputs_file.write_text(json.dumps(stack.outputs))
    capsys.readouterr()
    arguments = ("test", "--outputs", str(stack.outputs_file), "--json", *options)
    assert context("releases", *arguments, access=Access(stack.clients, stack.clock)) == 0
    return json.loads(capsys.readouterr().out)


def _end(deployment: Deployment) -> float:
    assert deployment.ended_at
    return deployment.ended_at


def _release(stack: Stack, *names: str, status: int = 0) -> None:
    stack.publish(*names)
    assert stack.rollout("start").status == status


def test_the_commit_of_a_step_is_that_of_the_pipeline() -> None:
    assert stages.COMMIT == figures.COMMIT


def test_a_stack_without_releases_has_no_figures(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    result = _figures(stack, capsys)
    assert (result["releases"], result["releases_per_week"]) == (0, 0)
    assert [result[name] for name in ("lead_seconds", "failure_share", "restore_seconds")] == [None] * 3


def test_a_release_of_several_functions_is_one_release(
    stack: Stack, commit: Commit, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its lead time ends with its last deployment."""
    commit()
    began = stack.clock.now()
    _release(stack, "one", "two")
    ended = max(_end(deployment) for name in ("one", "two") for deployment in stack.deployments(name))
    result = _figures(stack, capsys)
    assert (result["releases"], result["failed"], result["commits"]) == (1, 0, 1)
    assert result["lead_seconds"] == pytest.approx(LEAD.total_seconds() + ended - began.timestamp(), abs=1)


def test_the_commits_of_a_failed_release_count_in_the_next(
    stack: Stack, commit: Commit, capsys: pytest.CaptureFixture[str]
) -> None:
    """A rollback by an alarm restores the version before."""
    commit()
    _release(stack, "one")
    commit()
    stack.plan("one", "alarm")
    _release(stack, "one", status=1)
    commit()
    _release(stack, "one")
    result = _figures(stack, capsys)
    assert (result["releases"], result["failed"], result["commits"]) == (3, 1, 3)
    assert result["failure_share"] == pytest.approx(1 / 3, abs=0.001)
    [failed] = [each for each in stack.deployments("one") if each.status == "Stopped"]
    [rollback] = [each for each in stack.deployments("one") if each.rollback_of]
    assert result["restore_seconds"] == pytest.approx(_end(rollback) - failed.created, abs=1)


def test_a_return_makes_a_release_a_failure(stack: Stack, commit: Commit, capsys: pytest.CaptureFixture[str]) -> None:
    """The same versions may be released again, which is another release."""
    commit()
    _release(stack, "one", "two")
    stack.clock.sleep(3600)
    assert stack.rollout("back").status == 0
    result = _figures(stack, capsys)
    assert (result["releases"], result["failed"], result["commits"]) == (1, 1, 0)
    assert result["restore_seconds"] > 3600
    assert stack.rollout("start").status == 0
    result = _figures(stack, capsys)
    assert (result["releases"], result["failed"], result["commits"]) == (2, 1, 1)


def test_a_run_that_continues_a_release_is_no_other_release(
    stack: Stack, commit: Commit, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lambda had too many requests: no version failed."""
    commit()
    stack.plan("two", "throttled")
    _release(stack, "one", "two")
    assert len(stack.deployments("two")) > 1
    result = _figures(stack, capsys)
    assert (result["releases"], result["failed"]) == (1, 0)


def test_deployments_of_others_and_earlier_releases_do_not_count(
    stack: Stack, commit: Commit, capsys: pytest.CaptureFixture[str]
) -> None:
    """An earlier release still is the one before: its commits do not come again."""
    commit()
    _release(stack, "one")
    stack.clock.sleep(60)
    since = stack.clock.now()
    commit()
    _release(stack, "one")
    stack.publish("two")
    stack.begin("two", "1", "2")
    stack.clock.sleep(3600)
    result = _figures(stack, capsys, "--since", since.isoformat())
    assert (result["releases"], result["commits"], result["releases_without_commits"]) == (1, 1, 0)


def test_a_release_of_an_unknown_commit_has_no_lead_time(
    stack: Stack, commit: Commit, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As after a push of another branch, or in a shallow clone. The others keep theirs."""
    commit()
    _release(stack, "one")
    monkeypatch.setenv(figures.COMMIT, "0123456789abcdef")
    _release(stack, "one")
    result = _figures(stack, capsys)
    assert (result["releases"], result["commits"], result["releases_without_commits"]) == (2, 1, 1)


def test_the_figures_are_written_as_a_whole(stack: Stack, commit: Commit, capsys: pytest.CaptureFixture[str]) -> None:
    """For `template fleet`: with the context. A later measurement replaces the file, also in a new folder."""
    commit()
    _release(stack, "one")
    folder = stack.outputs_file.parent / "figures" / "new"
    for _ in range(2):
        stack.clock.sleep(3600)
        printed = _figures(stack, capsys, "--write", str(folder))
        [path] = folder.iterdir()
        assert json.loads(path.read_text(encoding="utf-8")) == {"context": "test", **printed}
        assert path.name == "test-test.json"


def test_an_interrupted_write_leaves_the_earlier_file(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The disk is full, or the name belongs to a file. Nothing is printed as if it were written."""
    folder = stack.outputs_file.parent / "figures"
    _figures(stack, capsys, "--write", str(folder))
    [path] = folder.iterdir()
    before = path.read_text(encoding="utf-8")
    arguments = ("test", "--outputs", str(stack.outputs_file), "--write")

    def full(path: Path, text: str, **__: str) -> int:
        path.open("w", encoding="utf-8").close()
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        assert context("releases", *arguments, str(folder), access=Access(stack.clients, stack.clock)) == 2
    printed = capsys.readouterr()
    assert (printed.out, path.read_text(encoding="utf-8")) == ("", before)
    assert f"{path} cannot be written (No space left on device): name another folder." in " ".join(printed.err.split())
    assert context("releases", *arguments, str(path), access=Access(stack.clients, stack.clock)) == 2


def test_a_person_reads_the_figures(stack: Stack, commit: Commit, capsys: pytest.CaptureFixture[str]) -> None:
    commit(timedelta(days=1, hours=3))
    _release(stack, "one")
    stack.outputs_file.write_text(json.dumps(stack.outputs))
    capsys.readouterr()
    access = Access(stack.clients, stack.clock)
    assert context("releases", "test", "--outputs", str(stack.outputs_file), access=access) == 0
    printed = capsys.readouterr().out
    assert "1 d 3 h, of 1 commits" in printed
    assert "0%, 0 of 1" in printed

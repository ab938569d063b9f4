"""What a pull request is told: what a change would do, in one comment that is written anew."""

import json
import re
from pathlib import Path

import pytest

from bounded_context.tools.accounts.temporary_stacks import pull_request
from bounded_context.tools.release.steps.preview_report import Change
from tests.console import context
from tests.sandbox.conftest import Api

Capture = pytest.CaptureFixture[str]
TABLE = Change("replace", "aws:dynamodb/table:Table", "table")


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of what is told of dev, in a folder of the test."""
    file = tmp_path / "reports" / "preview.md"
    monkeypatch.setattr(pull_request, "report", lambda _: file)
    monkeypatch.setenv("STACK", "dev")
    monkeypatch.setenv("PULL_REQUEST", "12")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    return file


def test_a_preview_is_told_change_by_change(
    calls: Path, told: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the pull request and to the job's page; no plan is kept, and no profile is written."""
    assert context("pull-request", "preview") == 0
    text = told.read_text()
    assert text.startswith("### `dev`: 1 to create, 1 to update, 0 to replace, 0 to delete\n")
    assert "| create | `table` | aws:dynamodb/table:Table |" in text
    assert (tmp_path / "summary").read_text() == text
    [call] = [json.loads(line) for line in calls.read_text().splitlines()]
    assert call[:2] == ["preview", "--json"]
    assert "--save-plan" not in call


def test_a_preview_that_fails_is_told_too(
    calls: Path, told: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """In Pulumi's own words, and the step fails."""
    monkeypatch.setenv("STAND_IN_BAD_SETTING", "log_retention_days is 31: write one of 1, 3, 5.")
    assert context("pull-request", "preview") == 1
    assert " dev " in capsys.readouterr().err
    assert told.read_text().startswith("### `dev` cannot be previewed\n")
    assert "log_retention_days is 31: write one of" in told.read_text()


def test_what_would_take_data_away_stands_out() -> None:
    """In the first line, and in its row."""
    text = pull_request.markdown("dev", [TABLE])
    assert "DATA IS LOST: replace table (aws:dynamodb/table:Table)" in text.splitlines()[0]
    assert "| replace ⚠️ data | `table` |" in text


def test_a_change_that_changes_nothing_is_told_in_a_line() -> None:
    """Of documentation, for one."""
    assert pull_request.markdown("dev", []) == "### `dev`: nothing changes\n"


def test_what_is_told_fits_a_comment() -> None:
    """Whatever the change; the rest is in the log."""
    text = pull_request.markdown("dev", [Change("create", "aws:dynamodb/globalSecondaryIndex:Index", "n" * 64)] * 1_000)
    assert len(text) < 65_536
    assert "\n800 more " in text


def test_words_of_pulumi_cannot_end_their_block(calls: Path, told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They may hold anything that a commit has written."""
    monkeypatch.setenv("STAND_IN_BAD_SETTING", "x ```` [a link](https://example.org)")
    assert context("pull-request", "preview") == 1
    assert told.read_text().count("````") == 2


def test_the_pull_request_is_told_in_one_comment(told: Path, github: Api) -> None:
    """Also after a hundred others."""
    github.comments = [{"id": number + 1, "body": "words of people"} for number in range(100)]
    told.parent.mkdir()
    for text in ("first", "second"):
        told.write_text(text)
        assert context("pull-request", "comment") == 0
    assert [one["body"] for one in github.comments[100:]] == ["<!-- preview of dev -->\nsecond"]
    assert github.tokens == {"Bearer token"}


def test_a_comment_that_is_not_taken_fails_the_step(
    told: Path, github: Api, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """In a sentence, without the token."""
    monkeypatch.setenv("GITHUB_REPOSITORY", "org/other")
    told.parent.mkdir()
    told.write_text("text")
    assert context("pull-request", "comment") == 1
    assert re.search(r"GET issues/12/comments: .*\b404\b", capsys.readouterr().err)


def test_without_a_token_nobody_is_told(told: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """On a laptop."""
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    assert context("pull-request", "comment") == 1
    assert "GITHUB_TOKEN " in capsys.readouterr().err

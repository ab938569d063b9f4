"""The comment of a pull request: the changes of a preview, in one comment that each preview replaces."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bounded_context_operations.release.plan import Change
from bounded_context_platform.temporary_stacks import pull_request
from tests.console import context
from tests.sandbox.conftest import Api

from .workflows import outputs

Report = Callable[[], str]
Capture = pytest.CaptureFixture[str]
TABLE = Change("replace", "aws:dynamodb/table:Table", "table")


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    """Return a function that returns the output `report` of the step that previews dev."""
    file = tmp_path / "output"
    monkeypatch.setenv("STACK", "dev")
    monkeypatch.setenv("PULL_REQUEST", "12")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    monkeypatch.setenv("GITHUB_OUTPUT", str(file))
    return lambda: outputs(file.read_text())["report"]


def test_a_preview_lists_each_change(
    calls: Path, report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the pull request and to the job's page; no plan is kept, and no profile is written."""
    assert context("pull-request", "preview") == 0
    text = report()
    assert text.startswith("### `dev`: 1 to create, 1 to update, 0 to replace, 0 to delete\n")
    assert "| create | `table` | aws:dynamodb/table:Table |" in text
    assert (tmp_path / "summary").read_text() == text
    [call] = [json.loads(line) for line in calls.read_text().splitlines()]
    assert call[:2] == ["preview", "--json"]
    assert "--save-plan" not in call


def test_a_failed_preview_reports_pulumis_error(
    calls: Path, report: Report, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """In Pulumi's own words, and the step fails."""
    monkeypatch.setenv("STAND_IN_BAD_SETTING", "log_retention_days is 31: write one of 1, 3, 5.")
    assert context("pull-request", "preview") == 1
    assert " dev " in capsys.readouterr().err
    assert report().startswith("### `dev` cannot be previewed\n")
    assert "log_retention_days is 31: write one of" in report()


def test_changes_that_lose_data_are_marked() -> None:
    """In the first line, and in its row."""
    text = pull_request.markdown("dev", [TABLE])
    assert "DATA IS LOST: replace table (aws:dynamodb/table:Table)" in text.splitlines()[0]
    assert "| replace ⚠️ data | `table` |" in text


def test_a_preview_without_changes_is_one_line() -> None:
    """Of documentation, for one."""
    assert pull_request.markdown("dev", []) == "### `dev`: nothing changes\n"


def test_a_long_preview_fits_a_comment() -> None:
    """Whatever the change; the rest is in the log."""
    text = pull_request.markdown("dev", [Change("create", "aws:dynamodb/globalSecondaryIndex:Index", "n" * 64)] * 1_000)
    assert len(text) < 65_536
    assert "\n800 more " in text


def test_words_of_pulumi_cannot_end_their_block(calls: Path, report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    """They may hold anything that a commit has written."""
    monkeypatch.setenv("STAND_IN_BAD_SETTING", "x ```` [a link](https://example.org)")
    assert context("pull-request", "preview") == 1
    assert report().count("````") == 2


def test_the_error_of_a_preview_adds_no_output(
    calls: Path, report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines of the report in the form of an output stay in the report, since each report has another delimiter."""
    monkeypatch.setenv("STAND_IN_BAD_SETTING", "x\nEOF\nghadelimiter\nrole=arn\nrole<<EOF\narn\nEOF")
    for _ in range(2):
        assert context("pull-request", "preview") == 1
    text = (tmp_path / "output").read_text()
    assert set(outputs(text)) == {"report"}
    assert "role=arn" in report()
    assert len(set(re.findall(r"^report<<(\w{32})$", text, re.MULTILINE))) == 2


@pytest.mark.usefixtures("report")
def test_a_pull_request_has_one_comment(github: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also after a hundred others."""
    github.comments = [{"id": number + 1, "body": "words of people"} for number in range(100)]
    for text in ("first", "second"):
        monkeypatch.setenv("REPORT", text)
        assert context("pull-request", "comment") == 0
    assert [comment["body"] for comment in github.comments[100:]] == ["<!-- preview of dev -->\nsecond"]
    assert github.tokens == {"Bearer token"}


@pytest.mark.usefixtures("report")
def test_a_report_of_another_program_is_cut_to_a_comment(github: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pull request's code writes the report, which may have any length."""
    monkeypatch.setenv("REPORT", "x" * 100_000)
    assert context("pull-request", "comment") == 0
    assert len(github.comments[0]["body"]) < 65_536


@pytest.mark.usefixtures("report", "github")
def test_a_comment_that_is_refused_fails_the_step(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """In a sentence, without the token."""
    monkeypatch.setenv("GITHUB_REPOSITORY", "org/other")
    monkeypatch.setenv("REPORT", "text")
    assert context("pull-request", "comment") == 1
    assert re.search(r"GET issues/12/comments: .*\b404\b", capsys.readouterr().err)


@pytest.mark.usefixtures("report")
def test_without_a_token_there_is_no_comment(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """On a laptop."""
    monkeypatch.setenv("REPORT", "text")
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    assert context("pull-request", "comment") == 1
    assert "GITHUB_TOKEN " in capsys.readouterr().err


@pytest.mark.usefixtures("calls")
@pytest.mark.parametrize("count", [0, 3, 250])
def test_the_sweep_gets_the_closed_requests_that_may_have_a_stack(
    github: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """A stack lives for 72 hours after a push, so older requests have none."""
    now = datetime.now(UTC)
    github.closed = {number: now - timedelta(minutes=number) for number in range(1, count + 1)}
    github.closed |= {1000 + days: now - timedelta(days=days) for days in range(4, 300)}
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    assert context("pull-request", "closed") == 0
    job_outputs = outputs((tmp_path / "output").read_text())
    assert json.loads(job_outputs["numbers"]) == list(range(1, count + 1))
    assert github.tokens == {"Bearer token"}


@pytest.mark.parametrize(("variable", "value"), [("GITHUB_TOKEN", ""), ("GITHUB_REPOSITORY", "org/other")])
def test_closed_requests_that_github_does_not_list_are_refused(
    github: Api, monkeypatch: pytest.MonkeyPatch, capsys: Capture, variable: str, value: str
) -> None:
    """Without a token, or for another repository. The sweep then destroys expired stacks alone."""
    monkeypatch.setenv(variable, value)
    assert context("pull-request", "closed") == 2
    assert re.search("GITHUB_TOKEN" if not value else "GET pulls: .*404", capsys.readouterr().err)

"""What the command refuses before it starts anything."""

import re
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError

from bounded_context.local import environment
from bounded_context.local.arguments import parse
from bounded_context.local.cli import main
from bounded_context.local.errors import LocalRunError
from bounded_context.local.samples import Samples
from bounded_context.project import VARIABLE


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--rows", "0"], "'0' is not a number of rows: write one from 1"),
        (["--rows", "-5"], "'-5' is not a number of rows"),
        (["--rows", "many"], "'many' is not a number of rows"),
        (["--file", "nowhere.csv"], "'nowhere.csv' is not a file"),
        (["--file", "."], "'.' is not a file"),
        (["--page", "."], "'.' is a folder: write the path of an HTML file"),
        (["--dashboards", "."], "'.' is a folder: write the path of an HTML file"),
        (["--dashboards", "README.md/page.html"], "'README.md/page.html' cannot be written: "),
        (["--rows", "5", "--file", "README.md"], "not allowed with"),
        (["--rows", "5", "--deploy-only"], "not allowed with"),
        (["--deploy-only", "--trace", "id-1"], "--deploy-only imports none"),
        (["--deploy-only", "--dashboards", "page.html"], "--deploy-only imports none"),
        (["--endpoints", "endpoints.json"], "--endpoints needs --keep"),
        (["--watch"], "--watch needs --keep"),
        (["--keep", "--endpoints", "."], "'.' is a folder: write the path of a JSON file"),
    ],
)
def test_wrong_arguments_are_refused(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]):
    """One sentence says what to write instead."""
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "has no row with the .+ 'nobody': write one that it has, such as"),
        (b"one,two\n1,2\n", "has no row with the .+ 'nobody'\\."),
        (b"", "has no row with the .+ 'nobody'\\."),
    ],
)
def test_identity_that_the_list_lacks_is_refused_before_anything_starts(
    content: bytes | None,
    sentence: str,
    samples: Samples,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    """The sentence names one that the list has, if it has any."""
    monkeypatch.setenv("PATH", "/nowhere")
    (tmp_path / "list.csv").write_bytes(samples.document(3) if content is None else content)
    assert main(["--file", str(tmp_path / "list.csv"), "--trace", "nobody"]) == 1
    assert re.search(sentence, capsys.readouterr().err)


def test_the_folder_of_the_dashboards_is_made_and_a_file_there_is_left(tmp_path: Path):
    """Nothing is written before there is something to write."""
    page = tmp_path / "new" / "page.html"
    assert parse(["--dashboards", str(page)]).dashboards == page
    assert list(page.parent.iterdir()) == []


def test_a_run_that_cannot_be_joined_is_said_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """The sentence says who writes the file."""
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["--join", str(tmp_path / "endpoints.json")]) == 1
    assert "cannot be read: No such file or directory. Another run writes it" in capsys.readouterr().err


def test_an_emulator_that_ends_before_the_run_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """The run that was joined may end first; then every call fails, and no traceback helps."""

    def ended(*_: object) -> int:
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")

    monkeypatch.setattr("bounded_context.local.cli._run", ended)
    assert main([]) == 1
    assert 'The emulator does not answer: Could not connect to the endpoint URL: "http://127.0.0.1:1"' in (
        capsys.readouterr().err
    )


def test_outside_of_a_repository_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """The sentence names the folder, and what is missing there."""
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert main([]) == 1
    assert f"{tmp_path} is in no context's repository" in capsys.readouterr().err.replace("\n", "")


def test_missing_uv_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Without uv there is no emulator, and nothing half-made stays behind."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(LocalRunError, match="uv is not on the PATH"):
        environment.emulator_python(tmp_path)
    assert list(tmp_path.iterdir()) == []

"""Wrong arguments and errors of `context run` before the start."""

import re
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError

from bounded_context_cli.command.output import LocalRunError
from bounded_context_cli.command.values import writable_file
from bounded_context_infra.configuration.project import VARIABLE
from bounded_context_local.emulator.process import emulator_python
from bounded_context_local.sample_lists import Samples
from tests.console import context


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--rows", "0"], "'0' is not a number of rows: write a number from 1"),
        (["--rows", "-5"], "'-5' is not a number of rows"),
        (["--rows", "200001"], "'200001' is not a number of rows: write a number from 1 to 200000"),
        (["--rows", "many"], "'many' is not a number of rows"),
        (["--file", "nowhere.csv"], "'nowhere.csv' is not a file"),
        (["--file", "."], "'.' is not a file"),
        (["--page", "."], "'.' is a folder: write the path of a file"),
        (["--dashboards", "."], "'.' is a folder: write the path of a file"),
        (["--dashboards", "README.md/page.html"], "'README.md/page.html' cannot be written ("),
        (["--rows", "5", "--file", "README.md"], "--rows, --file and --deploy-only exclude one another"),
        (["--rows", "5", "--deploy-only"], "--rows, --file and --deploy-only exclude one another"),
        (["--deploy-only", "--trace", "id-1"], "--deploy-only imports none"),
        (["--deploy-only", "--dashboards", "page.html"], "--deploy-only imports none"),
        (["--endpoints", "endpoints.json"], "--endpoints needs --keep"),
        (["--watch"], "--watch needs --keep"),
        (["--keep", "--endpoints", "."], "'.' is a folder: write the path of a file"),
    ],
)
def test_wrong_arguments_are_refused(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]):
    """One sentence says what to write instead."""
    assert context("run", *arguments) == 2
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
    assert context("run", "--file", str(tmp_path / "list.csv"), "--trace", "nobody") == 1
    assert re.search(sentence, capsys.readouterr().err)


def test_the_folder_of_the_dashboards_is_created_and_an_existing_file_is_kept(tmp_path: Path):
    """Nothing is written before there is something to write."""
    page = tmp_path / "new" / "page.html"
    assert writable_file(str(page)) == page
    assert list(page.parent.iterdir()) == []


def test_a_missing_endpoints_file_is_an_error_before_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """The error names the file."""
    monkeypatch.setenv("PATH", "/nowhere")
    assert context("run", "--join", str(tmp_path / "endpoints.json")) == 1
    assert f"{tmp_path / 'endpoints.json'} cannot be read" in capsys.readouterr().err


def test_a_joined_emulator_that_has_ended_is_an_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """The run that was joined may end first; then every call fails, and no traceback helps."""

    def ended(*_: object) -> int:
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")

    monkeypatch.setattr("bounded_context_local.run.execution._import_list", ended)
    assert context("run") == 1
    assert "http://127.0.0.1:1" in capsys.readouterr().err


def test_a_folder_without_a_repository_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """The sentence names the folder, and what is missing there."""
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert context("run") == 1
    assert f"{tmp_path} " in capsys.readouterr().err.replace("\n", "")


def test_an_unknown_partner_is_an_error(capsys: pytest.CaptureFixture[str]):
    """Nothing is started."""
    assert context("run", "--partner", "nobody") == 2
    assert "infra/service/Pulumi.local.yaml: partners: 'nobody' is not one of demo." in capsys.readouterr().err


def test_missing_uv_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Without uv there is no emulator, and nothing half-made stays behind."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(LocalRunError, match="uv is not"):
        emulator_python(tmp_path)
    assert list(tmp_path.iterdir()) == []

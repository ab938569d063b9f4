"""What the command refuses before it starts anything."""

from pathlib import Path

import pytest

from local import environment
from local.__main__ import main
from local.errors import LocalRunError


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--rows", "0"], "'0' is no number of rows: write one from 1"),
        (["--rows", "-5"], "'-5' is no number of rows"),
        (["--rows", "many"], "'many' is no number of rows"),
        (["--file", "nowhere.csv"], "'nowhere.csv' is no file"),
        (["--file", "."], "'.' is no file"),
        (["--rows", "5", "--file", "README.md"], "not allowed with"),
    ],
)
def test_wrong_arguments_are_refused(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]):
    """One sentence says what to write instead."""
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert sentence in capsys.readouterr().err


def test_missing_uv_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Without uv there is no emulator, and nothing half-made stays behind."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(LocalRunError, match="uv is not on the PATH"):
        environment.emulator_python(tmp_path)
    assert list(tmp_path.iterdir()) == []

"""What is looked at before saved code goes to the emulator."""

from pathlib import Path

from bounded_context.tools.local.live.reload import syntax_error


def test_code_that_python_cannot_read_is_told_with_its_line(tmp_path: Path):
    """The first one of all files, wherever it lies."""
    (tmp_path / "handlers").mkdir()
    (tmp_path / "good.py").write_text("x = 1\n")
    assert syntax_error(tmp_path) is None
    (tmp_path / "handlers" / "bad.py").write_text("x = 1\ndef (\n")
    assert str(syntax_error(tmp_path)).startswith(f"{tmp_path}/handlers/bad.py:2: ")

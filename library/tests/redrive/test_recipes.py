"""The recipes whose exit status is an answer: messages are left, a version was taken back."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bounded_context.project import current

ROOT = current().root
JUST = Path(sys.executable).parent / "just"


@pytest.mark.parametrize("recipe", ["redrive", "rollout", "run", "rehearse", "smoke-account", "cost"])
def test_just_does_not_call_an_answer_an_error(recipe: str, tmp_path: Path):
    """Status and words are the command's own, and nothing is added to them."""
    command = tmp_path / "uv"
    command.write_text('#!/bin/sh\necho "$*"\nexit 1\n')
    command.chmod(0o755)
    environment = os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    asked = [str(JUST), recipe, "two words"]
    ran = subprocess.run(asked, cwd=ROOT, env=environment, capture_output=True, text=True)  # noqa: S603
    assert ran.returncode == 1
    assert ran.stdout.endswith("two words\n")
    assert "error" not in ran.stderr

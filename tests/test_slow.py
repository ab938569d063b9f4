"""A test of the default set that takes much CPU time is named, and CI fails."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from template.names import REPOSITORY

TESTS = """
import subprocess, sys, time
import pytest

CODE = "import time\\nwhile time.process_time() < 0.35: pass"

def test_own():
    end = time.process_time() + 0.3
    while time.process_time() < end: pass

def test_process():
    subprocess.run([sys.executable, "-c", CODE], check=True)

def test_wait():
    time.sleep(0.4)

@pytest.mark.slow
def test_marked():
    end = time.process_time() + 0.3
    while time.process_time() < end: pass
"""
COMMAND = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "markers=slow", "--rootdir", "."]


def ran(folder: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    """Run the tests of a folder, without plugins that take time."""
    variables = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run([*COMMAND, *options], cwd=folder, env=variables, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_test_with_much_cpu_time_is_named(tmp_path: Path) -> None:
    """Its own time or that of its processes; not the time that it waits, and not a test with the mark."""
    shutil.copy(REPOSITORY / "conftest.py", tmp_path)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "everywhere.py").touch()
    (tmp_path / "test_some.py").write_text(TESTS)
    result = ran(tmp_path, "--cpu-limit", "0.25")
    named = {line.split(": ")[0] for line in result.stdout.splitlines() if line.startswith("test_some.py::")}
    assert (result.returncode, named) == (1, {"test_some.py::test_own", "test_some.py::test_process"})
    assert ran(tmp_path).returncode == 0

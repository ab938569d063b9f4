"""The commands that started a run."""

import subprocess
import sys
import time
from types import SimpleNamespace
from typing import Any

import psutil

from bounded_context_local.emulator.process import is_running, launchers


def _process(pid: int, program: str) -> Any:
    """Return a process above the run, as `psutil` describes it."""
    return SimpleNamespace(pid=pid, name=lambda: program)


INIT, BASH, UV, SH, INNER = map(_process, (1, 10, 20, 40, 50), ("init", "bash", "uv", "sh", "uv"))


def test_the_launchers_of_a_run_are_all_up_to_the_topmost_uv():
    """The terminal's shell is no launcher: it may be closed while the run continues."""
    assert launchers([INNER, SH, UV, BASH, INIT]) == [INNER, SH, UV]


def test_a_run_without_uv_has_no_launcher():
    assert launchers([BASH, INIT]) == []


def test_a_command_that_names_itself_is_a_launcher():
    """Only if it is above the run."""
    python = _process(30, "python")
    assert launchers([INNER, python, BASH, INIT]) == [INNER]
    assert launchers([INNER, python, BASH, INIT], "30") == [INNER, python]
    assert launchers([INNER, python, BASH, INIT], "70") == [INNER]


def test_a_killed_process_does_not_run_whether_or_not_its_parent_has_collected_it():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        process = psutil.Process(child.pid)
        assert is_running(process)
        child.kill()
        while is_running(process):
            time.sleep(0.01)
        assert process.status() == psutil.STATUS_ZOMBIE
    assert not is_running(process)

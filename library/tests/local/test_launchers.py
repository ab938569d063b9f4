"""Which commands started this one."""

import os
import subprocess
import sys

from bounded_context.local.launchers import Process, chain, launchers, processes

TERMINAL = {1: Process(0, "init"), 10: Process(1, "bash")}
STARTED = TERMINAL | {
    20: Process(10, "uv"),
    30: Process(20, "just"),
    40: Process(30, "sh"),
    50: Process(40, "uv"),
    60: Process(50, "python"),
}


def test_those_that_started_a_run_are_all_up_to_the_topmost_launcher():
    """The terminal's own shell is none of them: it may be closed while the run goes on."""
    assert launchers(60, STARTED) == [50, 40, 30, 20]


def test_a_run_that_no_launcher_started_has_none():
    """Whoever starts Python himself decides for himself."""
    assert launchers(60, TERMINAL | {60: Process(10, "python")}) == []


def test_a_command_that_says_so_counts_as_a_launcher():
    """If it has started the run; another's word is that of some other run."""
    by_template = TERMINAL | {30: Process(10, "python"), 50: Process(30, "uv"), 60: Process(50, "python")}
    assert launchers(60, by_template) == [50]
    assert launchers(60, by_template, "30") == [50, 30]
    assert launchers(60, by_template, "70") == [50]


def test_a_chain_is_another_once_one_of_it_is_killed():
    """What it started gets another parent at once, whether or not anybody took notice of its end."""
    killed = {number: one for number, one in STARTED.items() if number != 30} | {40: Process(1, "sh")}
    assert chain(60, STARTED, 4) == [50, 40, 30, 20]
    assert chain(60, killed, 4) == [50, 40, 1]


def test_processes_are_read_from_the_machine():
    """With the parent of each."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert processes()[child.pid].parent == os.getpid()

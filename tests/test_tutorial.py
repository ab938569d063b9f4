"""The tutorial, followed word by word in a fresh bake: its commands run, its edits fit, and what it shows appears."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from bounded_context_cli.check.steps import STEPS
from bounded_context_cli.docs import steps
from test_bake import assert_in_style

from template.names import REPOSITORY
from template.processes import environment

PAGE = (REPOSITORY / "library" / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$|^## ([^\n]*)\n", re.MULTILINE | re.DOTALL)
IN_CLONE = re.compile(r"^uv run (?=template )")
STAYS = "--keep"
SECONDS = 120


class Part(NamedTuple):
    """A block of the page, by its language; or a heading, which has none."""

    language: str
    text: str


PARTS = [Part(language, text or heading) for language, text, heading in BLOCK.findall(PAGE)]


class Terminals:
    """What a reader has: a terminal to type into, one in which a run stays, and an editor."""

    def __init__(self, folder: Path) -> None:
        # The reader begins in a clone, here an empty folder.
        self._start = self._folder = folder / "template"
        self._start.mkdir()
        self._log = folder / "run.log"
        self._kept: subprocess.Popen[bytes] | None = None
        self._read, self._said = 0, ""
        self.last, self.status = "", 0
        self._variables = {name: value for name, value in environment().items() if not name.startswith("PYTEST")}

    def type(self, lines: str) -> None:
        """Run the lines of a block, one by one; what they print is what the next block may show."""
        self._said = ""
        for line in lines.splitlines():
            if line.startswith("cd "):
                # Each terminal begins where the first one did.
                self._folder = self._start / line.removeprefix("cd ")
            elif STAYS in line:
                self._stay(line)
            else:
                self._said += self._run(line)

    def save(self, block: str) -> None:
        """Write a block's edits; what a run that stays says of them is what the next block may show."""
        self._mark()
        for step in steps(f"```python\n{block}```\n", "payment"):
            step.follow(self._folder)

    def shows(self, expected: str) -> bool:
        """Whether all lines are there, in their order; of a run that stays they are waited for."""
        if self._kept is None or self._said:
            return seen(expected, self._said)
        deadline = time.monotonic() + SECONDS
        while not seen(expected, self._log.read_text(encoding="utf-8")[self._read :]):
            if time.monotonic() > deadline or self._kept.poll() is not None:
                return False
            time.sleep(0.1)
        return True

    def ctrl_c(self) -> None:
        """End the run that stays, if there is one."""
        if self._kept is not None:
            os.killpg(self._kept.pid, signal.SIGINT)
            self._kept.wait(timeout=SECONDS)
            self._kept = None

    @property
    def said(self) -> str:
        """What was printed last, for a failure's message."""
        return self._said or (self._log.read_text(encoding="utf-8") if self._log.exists() else "")

    def _mark(self) -> None:
        self._read, self._said = len(self._log.read_text(encoding="utf-8")) if self._log.exists() else 0, ""

    def _run(self, line: str) -> str:
        result = subprocess.run(
            ["bash", "-c", here(line)],
            cwd=self._folder,
            env=self._variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.last, self.status = line, result.returncode
        return result.stdout

    def _stay(self, line: str) -> None:
        with self._log.open("wb") as log:
            self._kept = subprocess.Popen(
                ["bash", "-c", f"exec {here(line)}"],
                cwd=self._folder,
                env=self._variables,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


def here(command: str) -> str:
    """The command, which runs in the clone beside the reader's folder."""
    return IN_CLONE.sub(f"uv run --quiet --project '{REPOSITORY}' ", command)


def seen(expected: str, said: str) -> bool:
    """Whether the lines occur in what was said, in their order; `...` stands for anything, and spaces for one.

    The steps of a check run side by side: their lines have no order.
    """
    lines = [" ".join(line.split()) for line in said.splitlines()]
    later = iter(lines)
    spaced = [" ".join(line.split()) for line in expected.splitlines()]
    patterns = {line: ".*".join(map(re.escape, re.split(r" ?\.\.\. ?", line))) for line in spaced}
    return all(
        any(re.search(patterns[line], text) for text in (lines if line.partition(":")[0] in STEPS else later))
        for line in spaced
    )


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[Terminals]:
    """Terminals in an empty folder; nothing of theirs outlives the test."""
    opened = Terminals(tmp_path)
    yield opened
    opened.ctrl_c()


@pytest.mark.e2e
@pytest.mark.nightly
def test_the_tutorial_has_the_output_of_its_commands(terminals: Terminals) -> None:
    """In its order, and with nothing that a reader has to add. What is left at its end is green."""
    for part in PARTS:
        match part.language:
            case "":
                terminals.ctrl_c()
            case "sh":
                terminals.type(part.text)
            case "text":
                assert terminals.shows(part.text), f"{part.text}\nis not in\n{terminals.said}"
            case _:
                terminals.save(part.text)
    assert (terminals.last, terminals.status) == ("uv run context check", 0), terminals.said


def test_the_edits_of_the_tutorial_fit_the_bake(tmp_path: Path) -> None:
    """Each names one line that is there, and all are in style; no test waits for the night to see that."""
    shutil.copytree(
        REPOSITORY / "examples" / "payment", tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*")
    )
    edits = [part for part in PARTS if part.language == "python"]
    assert len(edits) > 4
    for edit in edits:
        assert steps(f"```python\n{edit.text}```\n", "payment")
        for step in steps(f"```python\n{edit.text}```\n", "payment"):
            step.follow(tmp_path)
    assert_in_style(tmp_path)


def test_a_missing_or_misplaced_line_is_detected() -> None:
    """A line is found once, after the one before it."""
    assert seen("a ... c\nd\n", "x\na   b c\nd")
    assert seen("| a ... | c |\n", "| a | b  | c |")
    assert not seen("d\na ... c\n", "x\na   b c\nd")
    assert not seen("e\n", "x\nd")

"""A developer's way through change requests: a fresh repository, own lines, and the commands of the pages."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from template.bake import bake
from template.processes import environment

_PRIVATE = re.compile(r"^\s*(?:from|import) bounded_context[\w.]*(?:\._|\b.* import (?:.*, *)?_)", re.MULTILINE)
"""An import of a private name of the library."""

_BEHAVIOUR = "tests/test_behaviour.py"
_HEAD = '''"""The behaviour after a change request."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bounded_context_local.testing.running import Finished, Running

'''


@dataclass(frozen=True)
class Written:
    """What a developer wrote for a request: the number of files, and of new or changed lines."""

    files: int
    lines: int


@dataclass
class Journey:
    """A repository on its way. ``written`` has the effort of each request, by its title."""

    folder: Path
    written: dict[str, Written] = field(default_factory=dict)
    _lines: dict[str, int] = field(default_factory=dict)
    _behaviours: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, folder: Path, answers: Mapping[str, str]) -> Self:
        """Generate a repository, and install its environment."""
        journey = cls(bake(folder, answers))
        for command in (("git", "init", "-q", "-b", "main"), ("uv", "sync", "--quiet")):
            journey._run(*command)
        return journey

    def released(self, version: str) -> None:
        """Release a version, on which callers and stored data rely: commit and tag it on the main branch."""
        name = ("git", "-c", "user.name=developer", "-c", "user.email=developer@example.com")
        for command in (
            ("git", "add", "-A"),
            (*name, "commit", "-qm", f"Version {version}"),
            ("git", "tag", f"v{version}"),
            ("git", "checkout", "-qb", f"after-{version}"),
        ):
            self._run(*command)

    def renamed(self, old: str, new: str) -> None:
        """Rename a field in the tests of earlier requests."""
        self._behaviours = [text.replace(f'"{old}"', f'"{new}"') for text in self._behaviours]

    def add(self, file: str, text: str, *, after: str = "") -> None:
        """Write lines at the end of a file, which may be new, or after the line that begins with a text."""
        path = self.folder / file
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        lines = before.splitlines(keepends=True)
        places = [number for number, line in enumerate(lines, 1) if line.strip().startswith(after)]
        assert not after or len(places) == 1, f"{file} has {len(places)} lines {after!r}"
        at = places[0] if after else len(lines)
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join((*lines[:at], text, *lines[at:])), encoding="utf-8")
        self._count(file, text)

    def replace(self, file: str, old: str, new: str) -> None:
        """Change the one place of a file that has a text."""
        path = self.folder / file
        before = path.read_text(encoding="utf-8")
        assert before.count(old) == 1, f"{file} has {old!r} {before.count(old)} times"
        path.write_text(before.replace(old, new), encoding="utf-8")
        kept = set(old.splitlines())
        self._count(file, "\n".join(line for line in new.splitlines() if line not in kept))

    def _count(self, file: str, text: str) -> None:
        lines = [line for line in text.splitlines() if line.strip()]
        self._lines[file] = self._lines.get(file, 0) + len(lines)

    def context(self, *commands: str) -> None:
        """Run commands of `context`."""
        for command in commands:
            self._run("uv", "run", "--no-sync", "context", *command.split())

    def run(self, *commands: str) -> None:
        """Run other commands of the pages."""
        for command in commands:
            self._run(*command.split())

    def checked_by_kit(self, text: str) -> str:
        """Return the output of the partner kit for a list."""
        [kit] = (self.folder / "build" / "partner-kit").glob("*.pyz")
        file = self.folder / "build" / "list.csv"
        file.write_text(text, encoding="utf-8")
        result = subprocess.run([sys.executable, kit, file], capture_output=True, text=True, check=False)
        return result.stdout + result.stderr

    def done(self, title: str, behaviour: str) -> None:
        """End a request: repair the style, run the check, then the context with a test of its behaviour.

        The test is the opponent's own: its lines do not count.
        """
        self.written[title] = Written(len(self._lines), sum(self._lines.values()))
        self._lines.clear()
        sources = self.folder.rglob("src/**/*.py")
        assert [path.name for path in sources if _PRIVATE.search(path.read_text(encoding="utf-8"))] == []
        self._behaviours.append(behaviour)
        self._behave(behaviour)
        self.context("check", "e2e")

    def end(self) -> None:
        """Run the context with the tests of all requests: the behaviours together."""
        self._behave("\n".join(self._behaviours))
        self.context("e2e")

    def _behave(self, behaviour: str) -> None:
        (self.folder / _BEHAVIOUR).write_text(_HEAD + behaviour, encoding="utf-8")
        self.context("fix")

    def _run(self, *command: str) -> None:
        ours = {name: value for name, value in environment().items() if not name.startswith("PYTEST")}
        result = subprocess.run(command, cwd=self.folder, env=ours, capture_output=True, text=True, check=False)
        assert result.returncode == 0, f"{' '.join(command)}\n{result.stdout}{result.stderr}"

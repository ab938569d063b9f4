"""The files that a section of a page tells a team to write: blocks of code whose first line names a file.

A block begins with one of these lines, and may contain several steps:

- ``# <file>``: the content of a new file.
- ``# <file>, after <text>``: lines to insert after the only line that contains the text.
- ``# <file>, instead of <text>``: lines that replace the only line that contains the text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_FILE: Final = r"# ([\w./]+\.\w+)(?:, (after|instead of) ([^\n]+))?\n"
_PLACE: Final = re.compile(f"^{_FILE}", re.MULTILINE)
_BLOCK: Final = re.compile(rf"^```\w+\n(?={_FILE})(?P<steps>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Step:
    """A text for the file at ``path``: all of the file, or lines at the only line that contains ``place``.

    ``how`` is ``after``, ``instead of``, or empty for a whole file.
    """

    path: str
    how: str
    place: str
    text: str

    def follow(self, repository: Path) -> None:
        """Write the text. Raises ValueError if a new file exists, or if not exactly one line contains ``place``."""
        file = repository / self.path
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        if not self.how and before:
            raise ValueError(f"{self.path} already exists")
        file.write_text(self._inserted(before) if self.how else self.text, encoding="utf-8")

    def _inserted(self, before: str) -> str:
        lines = before.splitlines(keepends=True)
        found = [number for number, line in enumerate(lines) if self.place in line]
        if len(found) != 1:
            raise ValueError(f"{self.path} has {self.place!r} in {len(found)} lines")
        [number] = found
        kept = lines[: number + 1] if self.how == "after" else lines[:number]
        return "".join([*kept, self.text, *lines[number + 1 :]])


def steps(section: str, context: str) -> Iterator[Step]:
    """Yield the steps of a section, with a context's name (one word in lower case) in place of ``loan``."""
    names = {"loan": context, "Loan": context.title(), "LOAN": context.upper()}
    text = re.sub("|".join(names), lambda found: names[found[0]], section)
    for block in _BLOCK.finditer(text):
        parts = _PLACE.split(block["steps"])[1:]
        for path, how, place, written in zip(*(parts[n::4] for n in range(4)), strict=True):
            yield Step(path, how or "", place or "", written)

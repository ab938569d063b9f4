"""Lines whose comments and texts the template reworded: the team's files get the new words before the merge.

Git reports a conflict if the team edited the line next to a changed line, also if only a comment has new words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path

_WORDS = re.compile(r"\"\"\".*|\"[^\"]*\"|'[^']*'|#.*")
_SUFFIXES = (".py", ".toml", ".yml", ".yaml")
_SHORTEST = 12
"""The length of the shortest line that is reworded: shorter lines occur in several places."""


def reword(base: Path, theirs: Path, ours: Path) -> None:
    """Replace reworded lines in the old bake and in the team's files, where the team did not change the line."""
    for path in sorted(base.rglob("*")):
        files = [folder / path.relative_to(base) for folder in (base, theirs, ours)]
        if path.suffix in _SUFFIXES and all(file.is_file() and not file.is_symlink() for file in files):
            before, after, team = (_lines(file) for file in files)
            changes = {old: new for old, new in _reworded(before, after) if before.count(old) == team.count(old) == 1}
            _replace(files[0], before, changes)
            _replace(files[2], team, changes)


def _lines(path: Path) -> list[str]:
    return path.read_bytes().decode(errors="surrogateescape").split("\n")


def _reworded(before: list[str], after: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the old and the new line of each line in which only comments and texts changed."""
    for kind, first, last, new_first, new_last in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "replace" and last - first == new_last - new_first:
            pairs = zip(before[first:last], after[new_first:new_last], strict=True)
            yield from ((old, new) for old, new in pairs if _same_code(old, new))


def _same_code(old: str, new: str) -> bool:
    return len(old.strip()) >= _SHORTEST and bool(_WORDS.search(old)) and _code(old) == _code(new)


def _code(line: str) -> str:
    return _WORDS.sub("", line).rstrip()


def _replace(path: Path, lines: list[str], changes: dict[str, str]) -> None:
    changed = [changes.get(line, line) for line in lines]
    if changed != lines:
        path.write_bytes("\n".join(changed).encode(errors="surrogateescape"))

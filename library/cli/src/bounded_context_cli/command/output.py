"""The output of commands: exit statuses (0 is success), messages on standard error, files, and the next command."""

import re
import shlex
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final


class LocalRunError(Exception):
    """The local run cannot go on."""


FAILED: Final = 1
"""The command found a fault, or could not end its work."""

REFUSED: Final = 2
"""The command changed nothing."""

INTERRUPTED: Final = 128 + signal.SIGINT
"""Ctrl-C, as in a shell."""


def fail(sentence: str, status: int = FAILED) -> int:
    """Print an error (fault, place, remedy) and return the exit status."""
    sys.stderr.write(f"Error: {sentence}\n")
    return status


def refuse(sentence: str) -> int:
    """Print why the command changed nothing, and return the exit status 2."""
    return fail(sentence, REFUSED)


def update_file(path: Path, text: str) -> bool:
    """Write a file if it has other content. Return whether it was written."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return True


def replace_file(path: Path, text: str) -> None:
    """Replace the content of an existing file as a whole: an interruption leaves the old content."""
    with NamedTemporaryFile(
        "w", encoding="utf-8", newline="", dir=path.parent, prefix=f".{path.name}-", delete=False
    ) as draft:
        draft.write(text)
    new = Path(draft.name)
    try:
        shutil.copymode(path, new)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def command_line(*words: str, **options: object) -> str:
    """Return the line of a command of `context` that a message prints. It contains the options that have a value."""
    return shlex.join(["uv", "run", "context", *words, *option_words(options)])


def minute(time: datetime) -> str:
    """Return a UTC time for people: ``2026-01-31 12:00 UTC``."""
    return f"{time:%Y-%m-%d %H:%M} UTC"


def spoken(seconds: float | None) -> str:
    """Return a duration in its two largest units; a hyphen for None."""
    if seconds is None:
        return "-"
    units = {"d": 86400, "h": 3600, "min": 60, "s": 1}
    parts, rest = list[str](), round(seconds)
    for unit, size in units.items():
        if rest >= size or parts:
            parts.append(f"{rest // size} {unit}")
            rest %= size
    return " ".join(part for part in parts[:2] if not part.startswith("0 ")) or "0 s"


def option_words(options: Mapping[str, object]) -> Iterator[str]:
    """Yield the words of the options that have a value. A tuple has several values, True is a flag."""
    for name, value in options.items():
        for item in value if isinstance(value, tuple) else (value,):
            if item:
                yield f"--{name.replace('_', '-')}"
                if item is not True:
                    yield str(item)


README: Final = "README.md"


def with_diagram(root: Path, lines: str) -> str:
    """Return the README's text with a diagram in place of its earlier version, or else at the end.

    `lines` are the diagram without the fence. The first two, its type and its title, identify the diagram.
    """
    path = root / README
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    block = f"```mermaid\n{lines}```\n"
    earlier = re.escape("\n".join(block.splitlines()[:3])) + r"\n(?s:.*?)^```\n"
    new_text, count = re.subn(earlier, lambda _: block, text, count=1, flags=re.MULTILINE)
    return new_text if count else f"{text}\n{block}"


def write_diagram(root: Path, lines: str) -> bool:
    """Write a diagram into the README. Return whether the README changed."""
    return update_file(root / README, with_diagram(root, lines))

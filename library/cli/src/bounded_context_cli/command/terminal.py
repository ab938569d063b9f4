"""Output on a terminal. Text of other parties has no effect there, and `NO_COLOR` (https://no-color.org) holds.

Rows, names of files, messages and logs may contain control characters. A terminal obeys them: they move the cursor,
change the title, and write to the clipboard. Marks of the writing direction show other text than a shell gets. All
commands print through these streams, which print such characters as escapes. Escapes of JSON stay JSON.

The command `template` loads this file by itself, so the module imports Rich only for a console.
"""

import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

_UNSAFE: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]|\r(?!\n)"
)
"""Control characters except for tabs and ends of lines, marks of the writing direction, and halves of a character."""


def escaped(text: str) -> str:
    r"""Return a text with an escape such as `\u001b` in place of each character that a terminal obeys."""
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


class EscapedStream:
    """A text stream that escapes what is written to it. Other attributes are those of the `stream` behind it."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write an escaped text."""
        return self.stream.write(escaped(text))

    def writelines(self, lines: Iterable[str]) -> None:
        """Write escaped texts."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@contextmanager
def escaped_output() -> Iterator[None]:
    """Escape the output of this process meanwhile. After an error, Python prints it through the same streams."""
    before = sys.stdout, sys.stderr
    streams: Any = [EscapedStream(behind(stream)) for stream in before]
    sys.stdout, sys.stderr = streams
    yield
    sys.stdout, sys.stderr = before


def behind(stream: Any) -> Any:
    """Return the stream behind those that escape."""
    while isinstance(stream, EscapedStream):
        stream = stream.stream
    return stream


def has_colours(stream: Any) -> bool:
    """Return whether a stream is a terminal on which a person wants colours."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def write_red(line: str, stream: Any) -> None:
    """Write a line to a stream, in red on a terminal."""
    before, after = ("\033[31m", "\033[0m") if has_colours(stream) else ("", "")
    behind(stream).write(f"{before}{escaped(line)}{after}\n")
    stream.flush()


def console(*, stderr: bool = False, quiet: bool = False) -> Any:
    """Return a console of Rich whose texts are escaped, and are no markup unless a call says so."""
    colours: dict[str, Any] = {"color_system": None} if os.environ.get("NO_COLOR") else {}
    return _console_class()(stderr=stderr, quiet=quiet, highlight=False, markup=False, emoji=False, **colours)


@cache
def _console_class() -> Any:
    from rich.console import Console
    from rich.segment import Segment

    class EscapedConsole(Console):
        """A console that escapes the texts of segments. Rich adds the colours afterwards."""

        @property
        def file(self) -> Any:
            return behind(super().file)

        @file.setter
        def file(self, new_file: Any) -> None:
            self._file = new_file

        def render_str(self, text: str, **options: Any) -> Any:
            return super().render_str(escaped(text), **options)  # before the layout, which counts characters

        def render(self, *arguments: Any, **options: Any) -> Iterator[Segment]:
            for segment in super().render(*arguments, **options):
                yield segment if segment.control else Segment(escaped(segment.text), segment.style)

    return EscapedConsole

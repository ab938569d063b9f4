"""Places of errors in a repository: the file, and the line, where a person corrects them."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from traceback import walk_tb
from typing import Final

from bounded_context.domain.aggregate import chain

_PLACE: Final = re.compile(r"([\w./@-]+)(?::\d+)?: ")
_LENGTH: Final = 500
"""The maximum of characters of an error's text. pydantic quotes whole schemas."""


def placed(error: BaseException, root: Path, unknown: str = "pyproject.toml") -> str:
    """Return an exception as one line: the place in the repository `root`, the fault and the remedy.

    The place is that of `place`. An error of the library is a sentence with its remedy. It ends with a full stop, and
    may begin with its place.
    """
    said = " ".join(str(error).split())[:_LENGTH]
    match = _PLACE.match(said)
    if match and (root / match[1]).is_file():
        return said
    return f"{place(error, root, unknown)}: {_sentence(error, said)}"


def _sentence(error: BaseException, said: str) -> str:
    if said.endswith("."):
        return said
    fault = str(error.msg) if isinstance(error, SyntaxError) else f"{type(error).__name__}: {said}".removesuffix(": ")
    return f"{fault}: correct this line."


def place(error: BaseException, root: Path, unknown: str) -> str:
    """Return the innermost line in the repository, of the first cause with such a line, or else `unknown`."""
    for each in reversed([*chain(error)]):
        lines = [(frame.f_code.co_filename, line) for frame, line in walk_tb(each.__traceback__)]
        if isinstance(each, SyntaxError) and each.filename:
            lines.append((each.filename, each.lineno or 1))
        for file, line in reversed(lines):
            if name := own(file, root):
                return f"{name}:{line}"
    return unknown


@cache
def own(file: str, root: Path) -> str | None:
    """Return a file's path in the repository, or None for the files of packages and of Python."""
    path = Path(file)
    if not path.is_relative_to(root):
        return None
    path = path.relative_to(root)
    return None if path.parts[0] == "build" or any(part.startswith(".") for part in path.parts) else str(path)


def syntax_errors(root: Path, *folders: Path) -> Iterator[str]:
    """Yield the place and the fault of each file below the folders of a repository that is no Python."""
    for file in sorted(file for folder in folders for file in folder.rglob("*.py")):
        try:
            ast.parse(file.read_bytes(), str(file))
        except SyntaxError as error:
            yield placed(error, root)
        except ValueError as error:
            yield f"{file.relative_to(root)}: {error}: correct it."

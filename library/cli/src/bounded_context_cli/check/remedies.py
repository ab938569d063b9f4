"""The remedies of a check: a line for each fault that its steps report, with file and line."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from bounded_context_infra.configuration.places import own, place, placed

FILE: Final = "BOUNDED_CONTEXT_REMEDIES"
"""The environment variable with the file to which the tests of a check append their remedies."""

MOST: Final = 20
"""The maximum of listed remedies."""

_LINES: Final = 10
"""The maximum of lines of a remedy. The text of a failed comparison may be long."""

_END: Final = "\0"

_FIX: Final = "`uv run context fix` repairs it."
_LINT: Final = re.compile(r"^([^\s:]+:\d+):\d+: (.+)$|^Would reformat: (.+)$", re.MULTILINE)
_TYPES: Final = re.compile(r"^ERROR ([^\s:]+:\d+):[\d:-]+ (.+)$", re.MULTILINE)
_IMPORT: Final = re.compile(r"^- +([\w.]+) -> ([\w.]+) \(l\.(\d+)", re.MULTILINE)
_ERROR: Final = re.compile(r"^Error: (.+)$", re.MULTILINE)
_PLACE: Final = re.compile(r"([\w./-]+\.(?:py|json|ya?ml|toml|md|csv)):?(\d*)")


def remedies(root: Path, step: str, output: str, environment: Mapping[str, str]) -> list[str]:
    """Return each remedy for a failed step once, or one that repeats the decisive line of the step's output.

    `environment` is that of the step.
    """
    recorded = _recorded(Path(environment[FILE])) if step == "test" else _READERS.get(step, _of_commands)(root, output)
    return [*dict.fromkeys(recorded)] or [_unknown(root, step, output)]


def listed(found: Iterable[str]) -> str:
    """Return the numbered list of different remedies."""
    each = [*dict.fromkeys(found)]
    lines = [f"{len(each)} thing{'' if len(each) == 1 else 's'} to do:"]
    lines += [f"{number:>2}. {remedy}" for number, remedy in enumerate(each[:MOST], 1)]
    more = len(each) - MOST
    return "\n".join([*lines, *([f"    and {more} more."] if more > 0 else [])])


def record(error: BaseException, test: str, sentences: Iterable[str], root: Path) -> None:
    """Append the remedies of a failed test to the file of the check that runs the test.

    `sentences` are the breaches of a promise. Without any, the remedy is the place and the text of the error.
    """
    with Path(os.environ[FILE]).open("a", encoding="utf-8") as opened:
        opened.writelines(f"{remedy}{_END}" for remedy in [*sentences] or [_failed(error, test, root)])


def _failed(error: BaseException, test: str, root: Path) -> str:
    if not isinstance(error, AssertionError):
        return placed(error, root)
    file, _, name = test.partition("::")
    first, *rest = str(error).splitlines() or ["a condition is false"]
    return "\n    ".join([f"{place(error, root, file)}: {name} fails: {first}", *rest[: _LINES - 1]])


def _of_lint(_root: Path, output: str) -> Iterator[str]:
    for line, fault, unformatted in _LINT.findall(output):
        if unformatted:
            yield f"{unformatted}: the format differs: {_FIX}"
        else:
            yield f"{line}: {fault.replace('[*] ', '')}{f': {_FIX}' if '[*]' in fault else ''}"


def _of_types(_root: Path, output: str) -> Iterator[str]:
    yield from (f"{place}: {fault}" for place, fault in _TYPES.findall(output))


def _of_imports(root: Path, output: str) -> Iterator[str]:
    for importer, imported, line in _IMPORT.findall(output):
        file = module_file(root, importer)
        yield f"{file}:{line}: the contracts in pyproject.toml forbid the import of {imported}: remove it."


def _of_commands(_root: Path, output: str) -> Iterator[str]:
    yield from _ERROR.findall(output)


def _of_lines(_root: Path, output: str) -> Iterator[str]:
    yield from output.splitlines()


def _recorded(file: Path) -> Iterator[str]:
    yield from file.read_text(encoding="utf-8").split(_END)[:-1] if file.exists() else ()


_READERS: Final[Mapping[str, Callable[[Path, str], Iterator[str]]]] = {
    "load": _of_lines,
    "lint": _of_lint,
    "types": _of_types,
    "imports": _of_imports,
}
"""The readers of the library's steps. Other steps print `Error: ` and a sentence, as commands do."""


def _unknown(root: Path, step: str, output: str) -> str:
    """Return the first line of an output that names a file of the repository, or else its last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()] or ["it fails without an output"]
    for line in lines:
        for name, number in _PLACE.findall(line):
            if own(str(root / name), root) and (root / name).is_file():
                return f"{name}{f':{number}' if number else ''}: {step}: {line}"
    return f"{step}: {lines[-1]}"


def module_file(root: Path, module: str) -> str:
    """Return the path of a module in a repository, or its name if it has no file."""
    path = Path(*module.split("."))
    ends = (path.with_suffix(".py"), path / "__init__.py")
    candidates = (base / end for base in (Path("src"), Path()) for end in ends)
    return next((str(candidate) for candidate in candidates if (root / candidate).is_file()), module)

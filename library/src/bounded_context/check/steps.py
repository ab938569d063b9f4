"""Runs the steps of a check beside each other: the recipes of the repository's justfile."""

import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Final

from .selection import Selection

STEPS: Final = ("lint", "types", "imports", "test")
"""The recipes; what a team adds to one of them runs too."""

_PLACE: Final = re.compile(r"([\w./-]+\.(?:py|json|ya?ml|toml|md))(?::(\d+))?")
_FAILED: Final = re.compile(r"^(?:FAILED|ERROR) .*", re.MULTILINE)
_IMPORT: Final = re.compile(r"([\w.]+) -> [\w.]+ \(l\.(\d+)\)")

_Done = subprocess.CompletedProcess[str]


def run(root: Path, selection: Selection) -> int:
    """Run the steps, say of each what it found as soon as it ends, and return 0 if all hold, else 1."""
    steps = [step for step in STEPS if selection.tests or step != "test"]
    with ThreadPoolExecutor(len(steps)) as pool:
        running = {pool.submit(_step, root, step, selection): step for step in steps}
        failed = list(_ended(root, running))
    return 1 if failed else 0


def _step(root: Path, step: str, selection: Selection) -> _Done:
    arguments = selection.arguments if step == "test" else ()
    return subprocess.run(  # noqa: S603
        [_just(), step, *arguments],
        cwd=root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def _just() -> str:
    """The one of this environment: `uv run` may not have put it on the PATH."""
    return str(Path(sys.executable).with_name("just"))


def _ended(root: Path, running: "dict[Future[_Done], str]") -> Iterator[str]:
    """Say of each step what it found; yields those that failed."""
    for one in as_completed(running):
        step, done = running[one], one.result()
        if done.returncode:
            _write(f"{red(f'{step}: {place(root, done.stdout)}')}\n{done.stdout.rstrip()}\n")
            yield step
        else:
            _write(f"{step}: {_last(done.stdout)}\n")


def red(line: str) -> str:
    """Return a line in red, if somebody sees it."""
    return f"\033[31m{line}\033[0m" if sys.stdout.isatty() else line


def place(root: Path, output: str) -> str:
    """Return the file, and the line if it is known, that what a tool wrote names first; else that it names none."""
    if found := _IMPORT.search(output):
        return f"{_file(root, found[1])}:{found[2]}"
    for line in (*_FAILED.findall(output), output):
        for name, number in _PLACE.findall(line):
            if (root / name).is_file() and ".venv" not in name:
                return f"{name}:{number}" if number else name
    return "see below"


def _file(root: Path, module: str) -> str:
    path = Path(*module.split("."))
    ends = (path.with_suffix(".py"), path / "__init__.py")
    candidates = (base / end for base in (Path("src"), Path()) for end in ends)
    return next((str(one) for one in candidates if (root / one).is_file()), module)


def _last(output: str) -> str:
    return next((line for line in reversed(output.splitlines()) if line.strip()), "")


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()

"""The steps of a check, which run at the same time, and their commands."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any, Final

from ...configuration.project import Project, ProjectError
from .selection import Selection

_PYTEST: Final = "pytest"
COMMANDS: Final[Mapping[str, str]] = {
    "lint": "ruff check --output-format concise . && ruff format --check .",
    "types": "pyrefly check --output-format min-text",
    "imports": "lint-imports",
    "partners": "context partner list",
    "test": _PYTEST,
    "e2e": f"{_PYTEST} -m e2e tests/e2e",
    "fix": "ruff check --fix . && ruff format .",
}
"""The commands of each step; `&&` separates commands of which each needs the success of the one before."""

STEPS: Final = ("lint", "types", "imports", "partners", "test")
"""The steps of a check. A repository adds its own in `[tool.bounded-context.check]`, by name and command."""

_PLACE: Final = re.compile(r"([\w./-]+\.(?:py|json|ya?ml|toml|md))(?::(\d+))?")
_FAILED: Final = re.compile(r"^(?:FAILED|ERROR) .*", re.MULTILINE)
_IMPORT: Final = re.compile(r"([\w.]+) -> [\w.]+ \(l\.(\d+)\)")

_Done = subprocess.CompletedProcess[str]


def commands(project: Project) -> dict[str, str]:
    """Return the commands of all steps: the library's, and those that the repository adds or replaces."""
    own = {name: str(command) for name, command in project.settings.get("check", {}).items()}
    return {**COMMANDS, **own}


def run(project: Project, selection: Selection) -> int:
    """Run the steps of a check at the same time, print each result when it is known, and return 0 or 1."""
    own = [name for name in project.settings.get("check", {}) if name not in COMMANDS]
    steps = [step for step in (*STEPS, *own) if selection.tests or step != "test"]
    with ThreadPoolExecutor(len(steps)) as pool:
        running = {pool.submit(_captured, project, step, selection): step for step in steps}
        failed = list(_ended(project.root, running))
    return 1 if failed else 0


def run_step(project: Project, step: str, arguments: Sequence[str]) -> int:
    """Run a step on this process's output, and return its exit status. The arguments go to its last command."""
    return _run(project, step, arguments).returncode


def _captured(project: Project, step: str, selection: Selection) -> _Done:
    arguments = selection.arguments if step == "test" else ()
    pipes: Any = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return _run(project, step, arguments, **pipes)


def _run(project: Project, step: str, arguments: Sequence[str], **pipes: Any) -> _Done:
    """Run a step's commands until one fails. Return the last result, with the captured output of all."""
    # Compiled modules are stored: compiling them again takes half of a check's time.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    done, output = _Done([], 0), ""
    for command in _words(project, step, arguments):
        done = subprocess.run(command, cwd=project.root, env=environment, text=True, check=False, **pipes)  # noqa: S603
        output += done.stdout or ""
        if done.returncode:
            break
    return _Done(done.args, done.returncode, output)


def _words(project: Project, step: str, arguments: Sequence[str]) -> list[list[str]]:
    found = [shlex.split(command) for command in commands(project)[step].split("&&")]
    found[-1].extend(arguments)
    return [[_program(project, step, name), *words] for name, *words in found]


def _program(project: Project, step: str, name: str) -> str:
    """Return the program of this environment, of the repository or of the PATH. Raises ProjectError without it."""
    here = Path(sys.executable).parent / name
    if here.exists():
        return str(here)
    if not shutil.which(name) and not (project.root / name).exists():
        raise ProjectError(f"{step}: the program {name} is not installed: install it, or change the step's command.")
    return name


def _ended(root: Path, running: "dict[Future[_Done], str]") -> Iterator[str]:
    """Print each step's result, and yield the failed steps."""
    for future in as_completed(running):
        step, done = running[future], future.result()
        if done.returncode:
            _write(f"{red(f'{step}: {place(root, done.stdout)}')}\n{done.stdout.rstrip()}\n")
            yield step
        else:
            _write(f"{step}: {_last(done.stdout)}\n")


def red(line: str) -> str:
    """Return a line in red if standard output is a terminal."""
    return f"\033[31m{line}\033[0m" if sys.stdout.isatty() else line


def place(root: Path, output: str) -> str:
    """Return the first file in a tool's output, with its line if known, or "see below" without a file."""
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
    return next((str(candidate) for candidate in candidates if (root / candidate).is_file()), module)


def _last(output: str) -> str:
    return next((line for line in reversed(output.splitlines()) if line.strip()), "")


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()

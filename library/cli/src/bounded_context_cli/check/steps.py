"""The steps of a check, which run at the same time, and their commands."""

import os
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from bounded_context_infra.configuration.project import Project, ProjectError

from ..programs.shared_cache import FOLDER
from . import remedies
from .options import LEAVE_OUT_PROGRAM, LEAVE_OUT_PROMISES
from .selection import Selection

_PYTEST: Final = "pytest"
_LOAD: Final = "load"
COMMANDS: Final[Mapping[str, str]] = {
    "load": "python -m bounded_context_cli.check.load",
    "lint": "ruff check --output-format concise . && ruff format --check .",
    "types": "pyrefly check --output-format min-text",
    "imports": "lint-imports",
    "test": _PYTEST,
    "e2e": f"{_PYTEST} -m e2e {LEAVE_OUT_PROMISES}",
    "fix": "ruff check --fix . && ruff format .",
}
"""The commands of each step; `&&` separates commands of which each needs the success of the one before."""

STEPS: Final = ("lint", "types", "imports", "test")
"""The steps of a check. A repository adds its own in `[tool.bounded-context.check]`, by name and command."""

_Done = subprocess.CompletedProcess[str]


def commands(project: Project) -> dict[str, str]:
    """Return the commands of all steps: the library's, and those that the repository adds or replaces."""
    own = {name: str(command) for name, command in project.settings.get("check", {}).items()}
    return {**COMMANDS, **own}


def run(project: Project, selection: Selection) -> int:
    """Run the steps of a check at the same time, print each result and the list of remedies, and return 0 or 1.

    The tests start when the declaration and the programs are loaded. If these have an error, all steps end.
    """
    own = [name for name in project.settings.get("check", {}) if name not in COMMANDS]
    with TemporaryDirectory() as folder:
        check = _Check(project, selection, Path(folder))
        with ThreadPoolExecutor(len(STEPS) + len(own)) as pool:
            running = [pool.submit(check.step, step) for step in (*STEPS[:-1], *own)]
            if check.loads():
                running += [pool.submit(check.step, STEPS[-1])] if selection.tests else []
                for ended in as_completed(running):
                    _write(ended.result())
    if check.remedies:
        _write(remedies.listed(check.in_order(own)) + "\n")
        _write("".join(f"`uv run {command}` prints all of its output.\n" for command in check.commands()))
    return 1 if check.remedies else 0


class _Check:
    """A run of the steps: their processes, and the remedies of those that failed."""

    def __init__(self, project: Project, selection: Selection, folder: Path) -> None:
        self.remedies: dict[str, list[str]] = {}
        self._project = project
        self._arguments = {"test": selection.arguments, _LOAD: () if selection.program else (LEAVE_OUT_PROGRAM,)}
        # Compiled modules are stored: compiling them again takes half of a check's time.
        shared = {"PYTHONDONTWRITEBYTECODE": "", FOLDER: str(folder), remedies.FILE: str(folder / "remedies")}
        self._environment = {**os.environ, **shared}
        self._lock, self._over = threading.Lock(), False
        self._processes: list[subprocess.Popen[str]] = []

    def loads(self) -> bool:
        """Return whether the declaration and the programs load. If not, end all other steps."""
        line = self.step(_LOAD)
        if _LOAD not in self.remedies:
            _write(line)
            return True
        with self._lock:
            self._over = True
            for process in self._processes:
                process.terminate()
        return False

    def step(self, step: str) -> str:
        """Run a step, record its remedies, and return its line of the check's output."""
        done = _run(self._project, step, self._arguments.get(step, ()), self._call)
        if self._over:
            return ""
        if not done.returncode:
            return f"{step}: {_last(done.stdout)}\n"
        found = self.remedies[step] = remedies.remedies(self._project.root, step, done.stdout, self._environment)
        return f"{red(f'{step}: {len(found)} to do')}\n"

    def in_order(self, own: Sequence[str]) -> list[str]:
        """Return the remedies in the order of the steps; only those of the load if it failed."""
        steps = (_LOAD,) if self._over else (*STEPS, *own)
        return [remedy for step in steps for remedy in self.remedies.get(step, ())]

    def commands(self) -> list[str]:
        """Return the commands that repeat the failed steps."""
        return [f"context {step}" for step in STEPS if step in self.remedies and not self._over]

    def _call(self, command: Sequence[str]) -> _Done:
        pipes: Any = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        with self._lock:
            if self._over:
                return _Done(command, 1, "")
            process = subprocess.Popen(command, cwd=self._project.root, env=self._environment, text=True, **pipes)  # noqa: S603
            self._processes.append(process)
        output, _ = process.communicate()
        return _Done(command, process.returncode, output)


def run_step(project: Project, step: str, arguments: Sequence[str]) -> int:
    """Run a step on this process's output, and return its exit status. The arguments go to its last command."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}

    def call(command: Sequence[str]) -> _Done:
        return subprocess.run(command, cwd=project.root, env=environment, text=True, check=False)  # noqa: S603

    return _run(project, step, arguments, call).returncode


def _run(project: Project, step: str, arguments: Sequence[str], call: Callable[[Sequence[str]], _Done]) -> _Done:
    """Run a step's commands until one fails. Return the last result, with the output of all."""
    done, output = _Done([], 0), ""
    for command in _words(project, step, arguments):
        done = call(command)
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


def red(line: str) -> str:
    """Return a line in red if standard output is a terminal."""
    return f"\033[31m{line}\033[0m" if sys.stdout.isatty() else line


def _last(output: str) -> str:
    return next((line for line in reversed(output.splitlines()) if line.strip()), "")


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()

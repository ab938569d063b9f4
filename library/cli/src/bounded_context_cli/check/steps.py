"""The steps of a check, which run at the same time, their commands, and the remedies of their faults."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple, TextIO

from bounded_context_infra.configuration.project import Project, ProjectError, own, place, placed

from ..command.environment import of_checks
from ..command.terminal import write_red
from ..programs import LEAVE_OUT_PROGRAM
from ..programs.shared_cache import FOLDER
from .selection import LEAVE_OUT_PROMISES, Selection

FILE: Final = "BOUNDED_CONTEXT_REMEDIES"
"""The environment variable with the file to which the tests of a check append their remedies."""

MOST: Final = 15
"""The maximum of the lines of a list of remedies."""

BREAKS: Final = "context docs changing what-would-break"
"""The page that the sentences about a changed contract name."""

_CONTRACTS: Final = ("cannot be read as before", "rely on it")
_OF_DATA: Final = re.compile(
    rf"^(?:\S+:\d+: )?(\w+) .*?(?:looks renamed from (\w+))?: (?:give it a default|keep the|write `).*{BREAKS}"
)
"""A sentence about a field that breaks stored data. Its remedy also repairs the contracts with the field."""

_WRITTEN: Final = re.compile(r": run (`uv run context (?:contracts|openapi)`)\.$")

_RAISED: Final = re.compile(r"^(\S+\.py:\d+): \w+(?:Error|Failed): ")
"""The beginning of a sentence about an exception in a test, with its place."""

_LINES: Final = 10
"""The maximum of lines of a remedy. The text of a failed comparison may be long."""

_END: Final = "\0"

_FIX: Final = "`uv run context fix` repairs it."
_LINT: Final = re.compile(r"^([^\s:]+:\d+):\d+: (.+)$|^unformatted: .+\n +--> ([^\s:]+:\d+)", re.MULTILINE)
_TYPES: Final = re.compile(r"^ERROR ([^\s:]+:\d+):[\d:-]+ (.+)$", re.MULTILINE)
_IMPORT: Final = re.compile(r"^- +([\w.]+) -> ([\w.]+) \(l\.(\d+)", re.MULTILINE)
_ERROR: Final = re.compile(r"^Error: (.+)$", re.MULTILINE)
_PLACE: Final = re.compile(r"([\w./-]+\.(?:py|json|ya?ml|toml|md|csv)):?(\d*)")


def remedies(root: Path, step: str, output: str, environment: Mapping[str, str]) -> list[str]:
    """Return each remedy for a failed step once, or one that repeats the decisive line of the step's output.

    `environment` is that of the step.
    """
    recorded = _recorded(Path(environment[FILE])) if step == "test" else _READERS.get(step, _of_commands)(root, output)
    return [*_causes(recorded)] or [_unknown(root, step, output)]


def _causes(sentences: Iterable[str]) -> Iterator[str]:
    """Yield each sentence once, each place of exceptions once, and the documents to write anew in one sentence.

    The documents wait for a change that breaks the contract: it is either undone, or intended. A field that breaks
    stored data also breaks several contracts, and has one remedy.
    """
    each = dict.fromkeys(sentences)
    effects = [name for sentence in each for match in _OF_DATA.finditer(sentence) for name in match.groups() if name]
    each = {sentence: None for sentence in each if _OF_DATA.search(sentence) or not _is_effect(sentence, effects)}
    raised = {match[1]: sentence for sentence in _with_remedy_last(each) if (match := _RAISED.match(sentence))}
    each = {sentence: None for sentence in each if sentence in raised.values() or not _RAISED.match(sentence)}
    outdated = {sentence: match[1] for sentence in each if (match := _WRITTEN.search(sentence))}
    yield from (sentence for sentence in each if sentence not in outdated)
    if not any(BREAKS in sentence for sentence in each):
        for command in dict.fromkeys(outdated.values()):
            first, *others = (sentence for sentence, written in outdated.items() if written == command)
            more = f", and {len(others)} more document{'' if len(others) == 1 else 's'}"
            yield _WRITTEN.sub(f"{more if others else ''}: run {command}.", first)


def _with_remedy_last(sentences: Iterable[str]) -> list[str]:
    """Return sentences by their length, those that say what to write last."""
    return sorted(sentences, key=lambda sentence: (": write " in sentence, len(sentence)))


def _is_effect(sentence: str, names: Iterable[str]) -> bool:
    """Return whether a sentence reports that one of these fields breaks a contract."""
    breaks = BREAKS in sentence or any(words in sentence for words in _CONTRACTS)
    return breaks and any(re.search(rf"\b{name}\b", sentence) for name in names)


def listed(sentences: Iterable[str]) -> str:
    """Return the numbered list of different remedies on at most 15 lines, with the number of the others."""
    each = [*dict.fromkeys(sentences)]
    lines = [f"{len(each)} thing{'' if len(each) == 1 else 's'} to do:"]
    for number, remedy in enumerate(each, 1):
        more = f"{number:>2}. {remedy}".splitlines()
        if len(lines) + len(more) + (number < len(each)) > MOST:
            lines.append(f"    and {len(each) - number + 1} more, which the next check prints.")
            break
        lines += more
    return "\n".join(lines)


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


def _recorded(file: Path) -> Iterator[str]:
    yield from file.read_text(encoding="utf-8").split(_END)[:-1] if file.exists() else ()


_READERS: Final[Mapping[str, Callable[[Path, str], Iterator[str]]]] = {
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


_PYTEST: Final = "pytest"
_LOAD: Final = "load"
COMMANDS: Final[Mapping[str, str]] = {
    "load": "python -W ignore -m bounded_context_cli.check.loading",
    "lint": "ruff check --output-format concise . && ruff format --check .",
    "types": "pyrefly check --output-format min-text",
    "imports": "lint-imports",
    "test": _PYTEST,
    "e2e": f"{_PYTEST} -m e2e {LEAVE_OUT_PROMISES}",
    # A fault that remains must not stop the formatting, which also repairs what the linter cannot: a long line.
    "fix": "ruff format . && ruff check --fix . && ruff format .",
}
"""The commands of each step; `&&` separates commands of which each needs the success of the one before."""

STEPS: Final = ("lint", "types", "imports", "test")
"""The steps of a check. A repository adds its own in `[tool.bounded-context.check]`, by name and command."""

_Done = subprocess.CompletedProcess[str]


def commands(project: Project) -> dict[str, str]:
    """Return the commands of all steps: the library's, and those that the repository adds or replaces."""
    return {**COMMANDS, **_own(project)}


def _own(project: Project) -> dict[str, str]:
    """Return the commands of the repository. Raises ProjectError if they are not a table."""
    table = project.settings.get("check", {})
    if not isinstance(table, Mapping):
        raise ProjectError('pyproject.toml: [tool.bounded-context] check is no table: write NAME = "COMMAND" there.')
    return {name: str(command) for name, command in table.items()}


def run(project: Project, selection: Selection, *, with_credentials: bool = False, as_json: bool = False) -> int:
    """Run the steps of a check at the same time, print each result and the list of remedies, and return 0 or 1.

    The tests start when the declaration and the programs are loaded. If these have an error, all steps end.
    """
    progress = sys.stderr if as_json else sys.stdout
    own = [name for name in _own(project) if name not in COMMANDS]
    tests = f", and then {STEPS[-1]}" if selection.tests else ""
    _write(f"Running {', '.join((_LOAD, *STEPS[:-1], *own))}{tests} ...\n", sys.stderr)
    with TemporaryDirectory() as folder:
        check = _Check(project, selection, Path(folder), with_credentials=with_credentials)
        with ThreadPoolExecutor(len(STEPS) + len(own)) as pool, check.ended_at_once():
            running = [pool.submit(check.step, step) for step in (*STEPS[:-1], *own)]
            if check.loads(progress):
                running += [pool.submit(check.step, STEPS[-1])] if selection.tests else []
                for ended in (ended.result() for ended in as_completed(running)):
                    (write_red if ended.failed else _write)(ended.line, progress)
    if as_json:
        report = {"result": "failed" if check.remedies else "passed", "to_do": check.remedies}
        _write(json.dumps(report, indent=2) + "\n")
    elif check.remedies:
        _write(listed(check.in_order(own)) + "\n")
        _write("".join(f"`uv run {command}` prints all of its output.\n" for command in check.commands()))
    return 1 if check.remedies else 0


class _Ended(NamedTuple):
    """An ended step: its line of the check's output."""

    line: str
    failed: bool = False


class _Check:
    """A run of the steps: their processes, and the remedies of those that failed."""

    def __init__(self, project: Project, selection: Selection, folder: Path, *, with_credentials: bool) -> None:
        self.remedies: dict[str, list[str]] = {}
        self._project = project
        self._arguments = {"test": selection.arguments, _LOAD: () if selection.program else (LEAVE_OUT_PROGRAM,)}
        shared = {FOLDER: str(folder), FILE: str(folder / "remedies")}
        self._environment = {**of_checks(os.environ, with_credentials=with_credentials), **shared}
        self._lock, self._over = threading.Lock(), False
        self._processes: list[subprocess.Popen[str]] = []

    def loads(self, progress: TextIO) -> bool:
        """Return whether the declaration and the programs load. If not, end all other steps."""
        ended = self.step(_LOAD)
        if not ended.failed:
            _write(ended.line, progress)
            return True
        self._end()
        return False

    @contextmanager
    def ended_at_once(self) -> Iterator[None]:
        """End all steps if the block is interrupted."""
        try:
            yield
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            self._end()
            for process in self._processes:
                process.wait()
            _write("Interrupted: all steps are ended.\n", sys.stderr)
            raise

    def _end(self) -> None:
        with self._lock:
            self._over = True
            for process in self._processes:
                process.terminate()

    def step(self, step: str) -> _Ended:
        """Run a step, record its remedies, and return its line of the check's output."""
        process = _run(self._project, step, self._arguments.get(step, ()), self._call)
        if self._over:
            return _Ended("")
        if not process.returncode:
            return _Ended(f"{step}: {_last(process.stdout)}\n")
        step_remedies = self.remedies[step] = remedies(self._project.root, step, process.stdout, self._environment)
        return _Ended(f"{step}: {len(step_remedies)} to do", failed=True)

    def in_order(self, own: Sequence[str]) -> list[str]:
        """Return the remedies in the order of the steps; only those of the load if it failed.

        If there are more than a list prints, the first of each step precede the second.
        """
        raised = {match[1] for remedy in self.remedies.get("test", ()) if (match := _RAISED.match(remedy))}
        steps = {step: self.remedies.get(step, []) for step in ((_LOAD,) if self._over else (*STEPS, *own))}
        # The exception of a line explains its wrong type, and has the remedy.
        steps["types"] = [remedy for remedy in steps.get("types", ()) if remedy.partition(": ")[0] not in raised]
        by_step = [*steps.values()]
        if sum(map(len, by_step)) < MOST:
            return [remedy for each in by_step for remedy in each]
        return [remedy for each in zip_longest(*by_step) for remedy in each if remedy]

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


def run_step(project: Project, step: str, arguments: Sequence[str], *, with_credentials: bool = False) -> int:
    """Run a step on this process's output, and return its exit status. The arguments go to its last command."""
    environment = of_checks(os.environ, with_credentials=with_credentials)

    def call(command: Sequence[str]) -> _Done:
        return subprocess.run(command, cwd=project.root, env=environment, text=True, check=False)  # noqa: S603

    return _run(project, step, arguments, call).returncode


def _run(project: Project, step: str, arguments: Sequence[str], call: Callable[[Sequence[str]], _Done]) -> _Done:
    """Run a step's commands until one fails. Return the last result, with the output of all."""
    process, output = _Done([], 0), ""
    for command in _words(project, step, arguments):
        process = call(command)
        output += process.stdout or ""
        if process.returncode:
            break
    return _Done(process.args, process.returncode, output)


def _words(project: Project, step: str, arguments: Sequence[str]) -> list[list[str]]:
    command_words = [shlex.split(command) for command in commands(project)[step].split("&&")]
    command_words[-1].extend(arguments)
    return [[_program(project, step, name), *words] for name, *words in command_words]


def _program(project: Project, step: str, name: str) -> str:
    """Return the program of this environment, of the repository or of the PATH. Raises ProjectError without it."""
    here = Path(sys.executable).parent / name
    if here.exists():
        return str(here)
    if not shutil.which(name) and not (project.root / name).exists():
        raise ProjectError(f"{step}: the program {name} is not installed: install it, or change the step's command.")
    return name


def _last(output: str) -> str:
    return next((line for line in reversed(output.splitlines()) if line.strip()), "")


def _write(text: str, stream: TextIO | None = None) -> None:
    stream = stream or sys.stdout
    stream.write(text)
    stream.flush()

"""Live reload: publish saved sources to the emulator, point the aliases `live` to them, and delete replaced versions.

A change affects the functions whose entry points import the file. Their new versions are started with the smoke check,
so that the first call is fast. The versions that the aliases leave are deleted.

The emulator never ends the process of a version, with 45 MB of memory, before the version is deleted.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Final

import grimp
from botocore.exceptions import BotoCoreError, ClientError
from grimp import ImportGraph
from grimp.exceptions import GrimpException

from bounded_context.declaration.entry_points import SMOKE
from bounded_context.declaration.own_routes import own_routes
from bounded_context_cli.command.aws_errors import Calls
from bounded_context_cli.package import PackageError, write_code
from bounded_context_infra.configuration.project import VARIABLE, Project, syntax_errors

from ..actors.caller import invoke
from ..emulator.aws import UNANSWERED
from ..emulator.clock import repeated
from ..running.context import RunningContext

_LOAD: Final = """
import sys
sys.path.insert(0, sys.argv[1])
from bounded_context_infra.configuration.project import ProjectError, current
try:
    current().context
except ProjectError as error:
    raise SystemExit(str(error))
"""

LEFT_SECONDS: Final = 10.0
"""Seconds before a version is deleted, because the emulator then kills its calls: the timeout of commands and queries
(`wiring/functions.py`). Queues and streams repeat a killed call; an import does not, and keeps the versions."""


def publish(aws: Calls, alias_arn: str, code: bytes) -> str:
    """Publish new code of a function, point its alias to the version, and return the version that the alias left.

    The function's configuration stays unchanged.
    """
    function, alias = alias_arn.split(":")[6:]
    previous = aws.call("lambda", "get_alias", FunctionName=function, Name=alias)["FunctionVersion"]
    version = aws.call("lambda", "update_function_code", FunctionName=function, ZipFile=code, Publish=True)["Version"]
    aws.call("lambda", "update_alias", FunctionName=function, Name=alias, FunctionVersion=version, RoutingConfig={})
    return previous


class LeftVersions:
    """The versions that aliases have left, until they are deleted."""

    def __init__(self, aws: Calls, machine: str | None) -> None:
        """`machine` is the ARN of the state machine that imports lists; None in a context without lists."""
        self._aws = aws
        self._machine = machine
        self._due: dict[tuple[str, str], float] = {}

    def add(self, function: str, version: str) -> None:
        """Delete this version later."""
        self._due[function, version] = monotonic() + LEFT_SECONDS

    def delete(self) -> None:
        """Delete the due versions. While an import runs, all versions become due later."""
        due = [key for key, at in self._due.items() if at <= monotonic()]
        if due and self._imports():
            self._due = dict.fromkeys(self._due, monotonic() + LEFT_SECONDS)
            return
        for function, version in due:
            del self._due[function, version]
            # An alias may have returned to the version.
            with suppress(ClientError):
                self._aws.call("lambda", "delete_function", FunctionName=function, Qualifier=version)

    def _imports(self) -> bool:
        if self._machine is None:
            return False
        running = {"stateMachineArn": self._machine, "statusFilter": "RUNNING"}
        return bool(self._aws.call("stepfunctions", "list_executions", **running)["executions"])


PAUSE_SECONDS: Final = 0.1
SETTLED_SECONDS: Final = 0.05
"""An editor may write a file in several steps."""

_UPDATES_AT_ONCE: Final = 4
_STARTS_AT_ONCE: Final = 1
"""A start occupies a processor; a second start would slow down the user's own calls."""

_FUNCTION: Final = "aws:lambda/function:Function"

Say = Callable[[str], None]
Warm = Callable[[Sequence[str]], None]
"""Starts functions by their aliases, and cancels waiting starts."""

States = dict[Path, tuple[int, int]]
"""The modification time in nanoseconds and the size of each file."""


@contextmanager
def watching(running: RunningContext, say: Say) -> Iterator[None]:
    """Publish each saved change of the context's package to the emulator and report it, until the block ends."""
    sources = _Sources(running.project.sources)
    with warming(running.aws, say) as warm:
        update = _Update(running, say, warm)

        def look() -> None:
            if changed := sources.changed():
                update(changed)
            # When the emulator has ended, the run reports it.
            with suppress(*UNANSWERED):
                update.left.delete()

        with repeated("sources", PAUSE_SECONDS, look):
            yield


class _Sources:
    """The files of a package and their last observed states."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen = self._states()

    def changed(self) -> set[Path]:
        """Wait until the files are stable; return the added, removed and changed files."""
        states = self._states()
        while states != self._seen and states != (states := self._later()):
            pass
        changed = {file for file in self._seen.keys() | states.keys() if self._seen.get(file) != states.get(file)}
        self._seen = states
        return changed

    def _later(self) -> States:
        time.sleep(SETTLED_SECONDS)
        return self._states()

    def _states(self) -> States:
        states: States = {}
        for file in self._folder.rglob("*"):
            # An editor may delete the file during the scan.
            if "__pycache__" not in file.parts and file.is_file() and not file.name.startswith("."):
                stat = file.stat()
                states[file] = stat.st_mtime_ns, stat.st_size
        return states


class _Update:
    """The update of the functions that a change affects."""

    def __init__(self, running: RunningContext, say: Say, warm: Warm) -> None:
        self._running = running
        self._say = say
        self._warm = warm
        self._waiting: set[Path] = set()
        self.left = LeftVersions(running.aws, running.outputs.get("state_machine"))
        names = running.outputs["functions"]
        inputs = running.deployment.inputs
        self._handlers = {name: inputs[f"{_FUNCTION} {name.replace('_', '-')}"]["handler"] for name in names}

    def __call__(self, changed: set[Path]) -> None:
        """Publish changes; with a syntax error or a bad declaration, keep the published code until it is fixed."""
        started = time.monotonic()
        self._waiting |= changed
        project = self._running.project
        files = ", ".join(sorted(str(file.relative_to(project.root)) for file in self._waiting))
        if broken := next(syntax_errors(project.root, project.sources), "") or _fault_of_declaration(project):
            self._say(f"{broken} The published code stays.")
            return
        try:
            functions = self._publish()
        except (PackageError, BotoCoreError, ClientError, OSError) as error:
            self._say(f"{files} not published to the emulator: {error}")
            return
        self._waiting.clear()
        every = len(functions) == len(self._handlers)
        updated = "all functions" if every else ", ".join(functions) or "no deployed function"
        self._say(f"{files} -> {updated}: live after {time.monotonic() - started:.1f} s")
        self._warm([self._running.outputs["functions"][name] for name in functions])

    def _publish(self) -> list[str]:
        project = self._running.project
        own = {name: f"{route.function.__module__}.{name}" for name, route in own_routes(project.context).items()}
        functions = affected_functions(project.package, {**self._handlers, **own}, project.sources, self._waiting)
        archive = project.build / "local" / "code.zip"
        archive.parent.mkdir(parents=True, exist_ok=True)
        write_code(project.sources, archive)
        self._update(functions, archive.read_bytes())
        return functions

    def _update(self, functions: list[str], code: bytes) -> None:
        aliases = [self._running.outputs["functions"][name] for name in functions]
        with ThreadPoolExecutor(_UPDATES_AT_ONCE) as pool:
            previous = pool.map(lambda alias: publish(self._running.aws, alias, code), aliases)
            for alias, version in zip(aliases, previous, strict=True):
                self.left.add(alias.split(":")[6], version)


def _fault_of_declaration(project: Project) -> str:
    """Return why a new interpreter refuses the saved declaration, or an empty text. Functions do not check it."""
    environment, sources = os.environ | {VARIABLE: str(project.root)}, str(project.sources.parent)
    command = [sys.executable, "-W", "ignore", "-c", _LOAD, sources]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    return result.stderr.strip() if result.returncode else ""


def affected_functions(package: str, handlers: Mapping[str, str], sources: Path, changed: Iterable[Path]) -> list[str]:
    """Return the functions that import a changed file; all functions if the imports cannot be determined.

    Args:
        package: the name of the context's package.
        handlers: entry points by function name; the library's entry points load `<package>.context`.
        sources: the package's folder.
        changed: the changed files in this folder.
    """
    files = list(changed)
    if any(file.suffix != ".py" for file in files):
        return list(handlers)
    try:
        graph = grimp.build_graph(package, cache_dir=None)
    except GrimpException:
        return list(handlers)
    modules = {_module(package, file.relative_to(sources)) for file in files}
    return [name for name, handler in handlers.items() if modules & _imported(graph, package, handler)]


def _module(package: str, file: Path) -> str:
    parts = (package, *file.with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(graph: ImportGraph, package: str, handler: str) -> set[str]:
    """Return the package's modules that an entry point imports, and their parent packages."""
    module = handler.rpartition(".")[0]
    root = module if module in graph.modules else f"{package}.context"
    modules = {root, *graph.find_upstream_modules(root)}
    return modules | {parent for name in modules for parent in _parents(name)}


def _parents(module: str) -> Iterable[str]:
    parts = module.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts)))


@contextmanager
def warming(aws: Calls, say: Say) -> Iterator[Warm]:
    """Yield a function that warms up aliases in the background and reports failures. The exit cancels queued starts."""
    pool = ThreadPoolExecutor(_STARTS_AT_ONCE, thread_name_prefix="warming")
    waiting: list[Future[None]] = []

    def warm(aliases: Sequence[str]) -> None:
        for future in waiting:
            future.cancel()
        waiting[:] = [pool.submit(start, aws, alias, say) for alias in aliases]

    try:
        yield warm
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def start(aws: Calls, alias_arn: str, say: Say) -> None:
    """Invoke a function's smoke check, which changes no data, and report the error if it raises one."""
    # If the emulator throttles or has stopped, the next call of the user reports that.
    with suppress(ClientError, BotoCoreError):
        call = invoke(aws, alias_arn, dict(SMOKE.event))
        if call.failed:
            problem = f"{call.answer.get('errorType')}: {call.answer.get('errorMessage')}"
            say(f"{alias_arn.split(':')[6]} does not start: {problem}")

"""What is saved while a kept run goes on: it is on the emulator a moment later, and `live` stands for it."""

import ast
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from ...package import PackageError, write_code
from ..aws import Aws
from ..repeated import repeated
from ..running import RunningContext
from .concerned import concerned
from .warming import Warm, warming

PAUSE_SECONDS: Final = 0.1
SETTLED_SECONDS: Final = 0.05
"""An editor may write a file in several steps."""

_AT_ONCE: Final = 4
_FUNCTION: Final = "aws:lambda/function:Function"

Say = Callable[[str], None]
States = dict[Path, tuple[int, int]]
"""Of each file: when it was written, in nanoseconds, and its size."""


@contextmanager
def watching(running: RunningContext, say: Say) -> Iterator[None]:
    """Bring what is saved in the context's package onto the emulator, and say so, until the block is left."""
    sources = _Sources(running.project.sources)
    with warming(running.aws, say) as warm:
        update = _Update(running, say, warm)

        def look() -> None:
            if changed := sources.changed():
                update(changed)

        with repeated("sources", PAUSE_SECONDS, look):
            yield


class _Sources:
    """The files of a package, and how they were when one looked last."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen = self._states()

    def changed(self) -> set[Path]:
        """Return the files that came, went or were written since; once they stay as they are."""
        found = self._states()
        while found != self._seen and found != (found := self._later()):
            pass
        changed = {file for file in self._seen.keys() | found.keys() if self._seen.get(file) != found.get(file)}
        self._seen = found
        return changed

    def _later(self) -> States:
        time.sleep(SETTLED_SECONDS)
        return self._states()

    def _states(self) -> States:
        found: States = {}
        for file in self._folder.rglob("*"):
            # One that an editor has just taken away is not there.
            if "__pycache__" not in file.parts and file.is_file() and not file.name.startswith("."):
                stat = file.stat()
                found[file] = stat.st_mtime_ns, stat.st_size
        return found


class _Update:
    """Gives the functions that a change concerns the code as it is now."""

    def __init__(self, running: RunningContext, say: Say, warm: Warm) -> None:
        self._running = running
        self._say = say
        self._warm = warm
        self._waiting: set[Path] = set()
        names = running.outputs["functions"]
        inputs = running.deployment.inputs
        self._handlers = {name: inputs[f"{_FUNCTION} {name.replace('_', '-')}"]["handler"] for name in names}

    def __call__(self, changed: set[Path]) -> None:
        """Bring changes onto the emulator; where the code cannot be read, it stays as it was until that is fixed."""
        started = time.monotonic()
        self._waiting |= changed
        project = self._running.project
        what = ", ".join(sorted(str(file.relative_to(project.root)) for file in self._waiting))
        if broken := syntax_error(project.sources):
            self._say(f"{broken}: the code that was there stays")
            return
        try:
            functions = self._publish()
        except (PackageError, BotoCoreError, ClientError, OSError) as error:
            self._say(f"{what} is not on the emulator: {error}")
            return
        self._waiting.clear()
        every = len(functions) == len(self._handlers)
        said = "all functions" if every else ", ".join(functions) or "no function that is deployed"
        self._say(f"{what} -> {said}: live after {time.monotonic() - started:.1f} s")
        self._warm([self._running.outputs["functions"][name] for name in functions])

    def _publish(self) -> list[str]:
        project = self._running.project
        functions = concerned(project.package, self._handlers, project.sources, self._waiting)
        archive = project.build / "local" / "code.zip"
        archive.parent.mkdir(parents=True, exist_ok=True)
        write_code(project.sources, archive)
        self._update(functions, archive.read_bytes())
        return functions

    def _update(self, functions: list[str], code: bytes) -> None:
        aliases = self._running.outputs["functions"]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda name: publish(self._running.aws, aliases[name], code), functions))


def publish(aws: Aws, alias_arn: str, code: bytes) -> str:
    """Give a function other code, and its alias the version that has it; returns the version's number.

    Its environment, its role and all else stay as they are.
    """
    function, alias = alias_arn.split(":")[6:]
    made = aws.call("lambda", "update_function_code", FunctionName=function, ZipFile=code, Publish=True)["Version"]
    aws.call("lambda", "update_alias", FunctionName=function, Name=alias, FunctionVersion=made, RoutingConfig={})
    return made


def syntax_error(sources: Path) -> str | None:
    """Return the first sentence that Python has of the files below a folder; None if it can read all of them."""
    for file in sorted(sources.rglob("*.py")):
        try:
            ast.parse(file.read_bytes(), str(file))
        except (SyntaxError, ValueError) as error:
            at = f"{file}:{error.lineno}" if isinstance(error, SyntaxError) else str(file)
            return f"{at}: {error.msg if isinstance(error, SyntaxError) else error}"
    return None

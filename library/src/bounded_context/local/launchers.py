"""The commands that started this one, such as `uv run just run`: when one of them is killed, this run ends, too.

Whoever is killed (SIGKILL) can tell nobody, and what it started lives on: a kept run would hold its emulator for ever.
"""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

VARIABLE: Final = "BOUNDED_CONTEXT_STARTED_BY"
"""In it a command that started this one, and is no launcher by its name, says its process id."""

PAUSE_SECONDS: Final = 0.5
_LAUNCHERS: Final = frozenset({"uv", "just"})
_PROC: Final = Path("/proc")


@dataclass(frozen=True)
class Process:
    """A process: the one that started it, and the name of its program."""

    parent: int
    program: str


@contextmanager
def ending_with_launchers() -> Iterator[None]:
    """Have this process end, as SIGTERM asks it to, once a command that started it is gone; until the block is left.

    Those are all up to the topmost `uv` or `just`, or whoever says so in `VARIABLE`; without one nobody is watched.
    """
    watched = launchers(os.getpid(), processes(), os.environ.get(VARIABLE, ""))
    left = threading.Event()

    def look() -> None:
        while not left.wait(PAUSE_SECONDS):
            if chain(os.getpid(), processes(), len(watched)) != watched:
                os.kill(os.getpid(), signal.SIGTERM)
                return

    if watched:
        threading.Thread(target=look, name="launchers", daemon=True).start()
    try:
        yield
    finally:
        left.set()


def launchers(process: int, found: Mapping[int, Process], more: str = "") -> list[int]:
    """Return the ids of those that started a process, the nearest first, up to the topmost `uv` or `just`.

    `more` is the id of one that counts as such, too.
    """
    above = chain(process, found, len(found))
    named = [place for place, one in enumerate(above, 1) if _is_launcher(one, found) or str(one) == more]
    return above[: max(named, default=0)]


def _is_launcher(process: int, found: Mapping[int, Process]) -> bool:
    return process in found and found[process].program in _LAUNCHERS


def chain(process: int, found: Mapping[int, Process], length: int) -> list[int]:
    """Return the ids of a process's parent, of its parent and so on, so many of them at most."""
    above: list[int] = []
    while process in found and len(above) < length and found[process].parent > 0:
        process = found[process].parent
        above.append(process)
    return above


def processes() -> dict[int, Process]:
    """Return the processes of this machine by their ids."""
    return _of_proc() if (_PROC / "self" / "stat").exists() else _of_ps()


def _of_proc() -> dict[int, Process]:
    found: dict[int, Process] = {}
    for stat in _PROC.glob("[0-9]*/stat"):
        try:
            text = stat.read_text(errors="replace")
        except OSError:  # it has ended meanwhile
            continue
        # The program's name stands in brackets, and may have some itself.
        program, _, rest = text.partition("(")[2].rpartition(") ")
        found[int(stat.parent.name)] = Process(int(rest.split()[1]), program)
    return found


def _of_ps() -> dict[int, Process]:
    told = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,comm="], capture_output=True, text=True, check=False)  # noqa: S607
    fields = [line.split(maxsplit=2) for line in told.stdout.splitlines()]
    return {int(one[0]): Process(int(one[1]), Path(one[2]).name) for one in fields if len(one) == 3}

"""Does the same with each of many folders, in a process apart: what one's code imports, breaks or ends is its own."""

import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final, Self

Result = dict[str, Any]
Work = Callable[[Path], Result]

_FORK: Final = multiprocessing.get_context("fork")
"""So that a process begins with all that is imported here: Pulumi's AWS package alone takes seconds."""


def each(folders: Sequence[Path], work: Work) -> list[Result]:
    """Return what `work` returns for each folder, in their order; as many at once as there are processors.

    Where a process ends before it has answered, that is `{"error": ...}`, with its exit status.
    """
    waiting, running, found = list(folders), dict[Any, _Apart](), dict[Path, Result]()
    while waiting or running:
        if waiting and len(running) < (os.cpu_count() or 1):
            begun = _Apart.begin(waiting.pop(0), work)
            running[begun.answers] = begun
            continue
        for answers in wait(list(running)):
            ended = running.pop(answers)
            found[ended.folder] = ended.result()
    return [found[folder] for folder in folders]


@dataclass(frozen=True)
class _Apart:
    """A process that works on a folder, and where it answers."""

    folder: Path
    process: BaseProcess
    answers: Any

    @classmethod
    def begin(cls, folder: Path, work: Work) -> Self:
        answers, answer = _FORK.Pipe(duplex=False)
        process = _FORK.Process(target=_answered, args=(answer, folder, work), daemon=True)
        process.start()
        answer.close()
        return cls(folder, process, answers)

    def result(self) -> Result:
        try:
            return self.answers.recv()
        except EOFError:
            self.process.join()
            return {"error": f"its code ended the process that read it, with status {self.process.exitcode}"}
        finally:
            self.process.join()
            self.answers.close()


def _answered(answer: Connection, folder: Path, work: Work) -> None:
    # What a repository's code prints is no part of the result.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    answer.send(work(folder))
    answer.close()

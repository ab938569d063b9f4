"""Parallel work on many folders: each has its own process, home and temporary files, which no other folder uses."""

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final, Self

Result = dict[str, Any]
Work = Callable[[Path], Result]

_FORK: Final = multiprocessing.get_context("fork")
"""Forked processes inherit the imported modules: importing Pulumi's AWS package alone takes seconds."""


def each(folders: Sequence[Path], work: Work) -> list[Result]:
    """Return the results of `work` for all folders in order, with one parallel process per processor.

    If a process ends without a result, its result is `{"error": ...}` with the exit status.
    """
    waiting, running, found = list(folders), dict[Any, _Worker](), dict[Path, Result]()
    while waiting or running:
        if waiting and len(running) < (os.cpu_count() or 1):
            begun = _Worker.begin(waiting.pop(0), work)
            running[begun.answers] = begun
            continue
        for answers in wait(list(running)):
            ended = running.pop(answers)
            found[ended.folder] = ended.result()
    return [found[folder] for folder in folders]


@dataclass(frozen=True)
class _Worker:
    """A process that works on a folder, the pipe for its result, and its home."""

    folder: Path
    process: BaseProcess
    answers: Any
    own: tempfile.TemporaryDirectory[str]

    @classmethod
    def begin(cls, folder: Path, work: Work) -> Self:
        answers, answer = _FORK.Pipe(duplex=False)
        own = tempfile.TemporaryDirectory(prefix="survey-", ignore_cleanup_errors=True)
        process = _FORK.Process(target=_answered, args=(answer, folder, work, own.name), daemon=True)
        process.start()
        answer.close()
        return cls(folder, process, answers, own)

    def result(self) -> Result:
        try:
            return self.answers.recv()
        except EOFError:
            self.process.join()
            return {"error": f"its code ended the process that read it, with status {self.process.exitcode}"}
        finally:
            self.process.join()
            self.answers.close()
            self.own.cleanup()


def _answered(answer: Connection, folder: Path, work: Work, own: str) -> None:
    # The output of a repository's code must not mix with the result on standard output.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    os.environ |= {"HOME": own, "TMPDIR": own}
    tempfile.tempdir = own
    answer.send(work(folder))
    answer.close()

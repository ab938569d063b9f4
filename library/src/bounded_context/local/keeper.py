"""Starts one process, and ends it and all it started when standard input closes: however our own process dies.

Run as a script by a bare interpreter: `python keeper.py FOLDER COMMAND...`. The folder is the process's temporary
folder: its log is written there, and the folder goes when the process has gone.
"""

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path


def main(folder: Path, command: list[str]) -> None:
    """Keep the command running until it ends or standard input closes; then leave nothing behind."""
    with (folder / "emulator.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    while process.poll() is None and not _input_closed():
        pass
    end(process)
    shutil.rmtree(folder, ignore_errors=True)


def _input_closed() -> bool:
    """Wait a moment for the end of standard input, the only thing that is ever read from it."""
    return bool(select.select([sys.stdin], [], [], 0.2)[0])


def end(process: "subprocess.Popen[bytes]") -> None:
    """End the process and its whole group at once: no worker outlives it, and nothing of it is to be kept."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])

"""Supervisor of a process: kills the process and its children when standard input closes.

Standard input closes however the parent process dies. Run as a script without other packages:
`python keeper.py FOLDER COMMAND...`. FOLDER is the process's temporary folder, which contains the log. It is deleted
when standard input closes. The parent reads the log of a process that ended by itself, and deletes the folder.
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
    """Run the command until it ends or standard input closes. Then kill its processes and delete the folder."""
    with (folder / "emulator.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    while (running := process.poll() is None) and not _input_closed():
        pass
    end(process)
    if running:
        shutil.rmtree(folder, ignore_errors=True)


def _input_closed() -> bool:
    """Return whether standard input has closed; wait up to 0.2 s. The parent never writes to it."""
    return bool(select.select([sys.stdin], [], [], 0.2)[0])


def end(process: "subprocess.Popen[bytes]") -> None:
    """Kill the process group of the process at once, without a clean-up of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])

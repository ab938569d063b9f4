"""Temporary folders that are removed even if the process that made them is killed.

A second process runs this file as a script, `python leftovers.py FOLDER`. Its standard input closes when the first
process ends. It then removes the folder until no process writes there any more.
"""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SECONDS = 60.0
"""The time that child processes have to end after the end of their parent."""

PAUSE_SECONDS = 0.2


@contextmanager
def taken_away(folder: Path) -> Iterator[Path]:
    """Yield a folder, and remove it at the end of the block, also if this process is killed in the block."""
    with subprocess.Popen(
        [sys.executable, "-I", __file__, str(folder)], stdin=subprocess.PIPE, start_new_session=True
    ) as keeper:
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            keeper.kill()


def main(folder: Path) -> None:
    """Wait for the end of standard input, then remove the folder."""
    sys.stdin.read()
    deadline = time.monotonic() + SECONDS
    while folder.exists() and time.monotonic() < deadline:
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

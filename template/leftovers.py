"""A folder that goes with the process that made it, however that ends.

Run as a script by a bare interpreter, `python leftovers.py FOLDER`: once standard input closes, which is when that
process has ended, the folder goes, as soon as nobody writes there any more.
"""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SECONDS = 60.0
"""How long what was started may take to notice that nobody waits for it, and to end."""

PAUSE_SECONDS = 0.2


@contextmanager
def taken_away(folder: Path) -> Iterator[Path]:
    """Yield a folder, and take it away when the block is left, and also if this process is killed within it."""
    with subprocess.Popen(
        [sys.executable, "-I", __file__, str(folder)], stdin=subprocess.PIPE, start_new_session=True
    ) as keeper:
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            keeper.kill()


def main(folder: Path) -> None:
    """Wait for the end of standard input, and take the folder away."""
    sys.stdin.read()
    deadline = time.monotonic() + SECONDS
    while folder.exists() and time.monotonic() < deadline:
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

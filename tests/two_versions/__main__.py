"""Plays it at full size, prints what happened, and exits with 1 if anything was not as it must be."""

import sys
import tempfile
from pathlib import Path

from .played import played

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        report = played(Path(folder), payments=320, lists=20)
    sys.stdout.write(f"{report}\n")
    sys.exit(bool(report["problems"]))

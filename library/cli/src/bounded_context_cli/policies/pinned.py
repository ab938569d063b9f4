"""The policy pack of the pipeline: `python -m bounded_context_cli.policies.pinned ROOT FOLDER`.

It runs in an environment with the library that a person pinned in the pipeline's settings. The pack imports nothing of
the repository; it only reads the repository's waivers.
"""

import sys
from pathlib import Path

from .cli import write

if __name__ == "__main__":
    root, folder = map(Path, sys.argv[1:])
    write(folder, Path(sys.prefix), root)

"""The folder of a policy pack; that of the pipeline: `python -m bounded_context_cli.policies.pinned ROOT FOLDER`.

It runs in an environment with the library that a person pinned in the pipeline's settings. The pack imports nothing of
the repository; it only reads the repository's waivers.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import yaml

_MAIN: Final = """import sys
from pathlib import Path

sys.path += {packages!r}

from bounded_context_cli.policies.pack import serve

serve(Path({root!r}))
"""


def write(folder: Path, home: Path, root: Path, packages: Iterable[str] = ()) -> Path:
    """Write a pack into a folder, and return the folder.

    Args:
        folder: the pack's folder, which is created if needed.
        home: the pack's virtual environment.
        root: the repository, whose waivers apply.
        packages: folders of packages that the environment does not have.
    """
    folder.mkdir(exist_ok=True)
    main = _MAIN.format(packages=list(dict.fromkeys(packages)), root=str(root))
    (folder / "__main__.py").write_text(main, encoding="utf-8")
    settings = {
        "description": "The policies of the platform's infrastructure",
        "runtime": {"name": "python", "options": {"virtualenv": str(home)}},
    }
    (folder / "PulumiPolicy.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    return folder


if __name__ == "__main__":
    root, folder = map(Path, sys.argv[1:])
    write(folder, Path(sys.prefix), root)

"""The folder of the policy pack for `pulumi preview --policy-pack`, with its own environment.

The package `pulumi-policy` needs another protobuf version than the library's other packages, hence the environment.
The installed library follows the environment's packages on the path.
"""

import sys
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Final

import yaml

from bounded_context_infra.configuration.project import Project

from ..programs.environment import environment

_PINS: Final = Path(__file__).parents[1] / "data" / "policies.txt"
_LIBRARY: Final = ("bounded_context", "bounded_context_infra", "bounded_context_cli")

_MAIN: Final = """import sys
from pathlib import Path

sys.path += {packages!r}

from bounded_context_cli.policies.pack import serve

serve(Path({root!r}))
"""


def pack(project: Project) -> Path:
    """Write the pack's folder below the repository's `build/`, create its environment if needed, and return the folder.

    Raises LocalRunError, as `environment` does.
    """
    home = environment(project.build, _PINS)
    library = [str(Path(str(files(name))).parent) for name in _LIBRARY]
    packages = [*library, *(path for path in sys.path if path.endswith("-packages"))]
    return write(project.build / "policies", home, project.root, packages)


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

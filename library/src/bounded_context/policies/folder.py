"""The folder that `pulumi preview --policy-pack` is given: the pack, in an environment of its own.

The package `pulumi-policy` needs a different protobuf from the library's other packages, so it is kept apart. The
library itself is found where it is installed, behind the packages of that environment.
"""

import sys
from pathlib import Path
from typing import Final

import yaml

from ..local.environment import environment
from ..project import Project

_PACKAGES: Final = Path(__file__).parents[2]

_MAIN: Final = """import sys
from pathlib import Path

sys.path += {packages!r}

from bounded_context.policies.pack import serve

serve(Path({root!r}))
"""


def pack(project: Project) -> Path:
    """Return the folder of the pack, below the repository's `build/`; it is made, and its environment if there is none.

    Raises LocalRunError, as `environment` does.
    """
    home = environment(project.build, "policies")
    folder = project.build / "policies"
    folder.mkdir(exist_ok=True)
    (folder / "__main__.py").write_text(_main(project), encoding="utf-8")
    said = {
        "description": "The policies of the platform's infrastructure",
        "runtime": {"name": "python", "options": {"virtualenv": str(home)}},
    }
    (folder / "PulumiPolicy.yaml").write_text(yaml.safe_dump(said), encoding="utf-8")
    return folder


def _main(project: Project) -> str:
    packages = [str(_PACKAGES), *(path for path in sys.path if path.endswith("-packages"))]
    return _MAIN.format(packages=list(dict.fromkeys(packages)), root=str(project.root))

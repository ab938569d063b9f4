"""One repository: what it declares, what its stacks hear, and which policies its production breaks."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..project import VARIABLE, Project, ProjectError, at
from .declared import declared
from .judged import production

Told = dict[str, Any]


def survey(root: Path) -> Told:
    """Return what is found in a repository, as JSON has it; this process is that repository's from now on.

    The members are those of `declared` and of `production`. What cannot be found out is left out, and the sentence in
    `error` says why.
    """
    root = root.resolve()
    sys.dont_write_bytecode = True  # a repository is only looked at
    os.environ[VARIABLE] = str(root)
    sys.path[:0] = [str(root / "src"), str(root)]
    return _found(root, declared) | _found(root, production)


def _found(root: Path, find: Callable[[Project], Told]) -> Told:
    try:
        return find(at(root))
    except ProjectError as error:
        return {"error": str(error)}
    # A repository's code may end in any way.
    except Exception as error:
        return {"error": f"{type(error).__name__}: {' '.join(str(error).split())}"}

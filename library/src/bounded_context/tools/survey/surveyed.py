"""The survey of one repository: its declared facts, its production's resources, and their policy violations."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...configuration.project import VARIABLE, Project, ProjectError, at
from .declared import declared
from .judged import production

Told = dict[str, Any]


def survey(root: Path) -> Told:
    """Return the facts of a repository as JSON values. The process cannot survey another repository afterwards.

    The result has the members of `declared` and of `production`. If either function fails, its members are missing, and
    `error` has a sentence with the reason.
    """
    root = root.resolve()
    sys.dont_write_bytecode = True  # a survey writes no files into a repository
    os.environ[VARIABLE] = str(root)
    sys.path[:0] = [str(root / "src"), str(root)]
    return _found(root, declared) | _found(root, production)


def _found(root: Path, find: Callable[[Project], Told]) -> Told:
    try:
        return find(at(root))
    except ProjectError as error:
        return {"error": str(error)}
    # A repository's code may raise any exception.
    except Exception as error:
        return {"error": f"{type(error).__name__}: {' '.join(str(error).split())}"}

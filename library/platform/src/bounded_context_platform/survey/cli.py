"""`context survey`: the declarations of repositories, in the order in which they are named."""

import gc
import json
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

from typer import Argument

from bounded_context_infra.configuration.project import DISTRIBUTION


def survey_(repositories: Annotated[list[Path], Argument(metavar="REPO...", help="folders of repositories")]) -> int:
    """Print `{"library": VERSION, "repositories": [...]}`: for each repository its declaration and its violations.

    Examples:
      context survey ../payment ../order

    Exit status:
      0  the JSON is printed; the object of a repository that cannot be read has the reason
      2  wrong arguments
    """
    # Imported here for a fast help, and before the first process is forked. The processes live for seconds.
    from .repository import survey
    from .workers import each

    import_module("bounded_context_infra")
    gc.disable()
    found = {"library": version(DISTRIBUTION), "repositories": each(repositories, survey)}
    sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    return 0

"""`uv run just contracts`: commits what the models say now, as new minor versions, and what is drawn of them."""

import sys
from collections.abc import Sequence
from itertools import chain
from typing import Final

from ..installed import repository
from ..project import ProjectError
from ..typed import typed
from ..usage import Usage
from .catalog import files as catalog
from .change import Refused
from .statuses import draw
from .update import update

_ABOUT: Final = "Commits what the models say now, as new minor versions, and what is drawn of them."
_EXAMPLES: Final = {"": "events' schemas, AsyncAPI, samples, diagrams, catalog-info.yaml: each file that is written"}
_STATUSES: Final = {0: "they are as the code is", 1: "a reader would miss something", 2: "it takes no arguments"}


def main(arguments: Sequence[str] | None = None) -> None:
    """Bring the events, the README and the catalogue's file up to the code; report each file that is written."""
    Usage(typed("contracts", "contracts"), _EXAMPLES, _STATUSES).parser(_ABOUT).parse_args(arguments)
    try:
        found = repository()
        steps = (update, draw, catalog.write)
        for line in chain.from_iterable(step(found.context, found.root) for step in steps):
            sys.stdout.write(f"{line}\n")
    except (Refused, ProjectError) as refused:
        sys.exit(str(refused))

"""`uv run just contracts`: commits what the models say now, as new minor versions, and what is drawn of them."""

import sys
from itertools import chain

from ..installed import repository
from ..project import ProjectError
from .catalog import files as catalog
from .change import Refused
from .statuses import draw
from .update import update


def main() -> None:
    """Bring the events, the README and the catalogue's file up to the code; tell of each file that is written."""
    try:
        found = repository()
        steps = (update, draw, catalog.write)
        for line in chain.from_iterable(step(found.context, found.root) for step in steps):
            sys.stdout.write(f"{line}\n")
    except (Refused, ProjectError) as refused:
        sys.exit(str(refused))

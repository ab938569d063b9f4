"""`uv run just contracts`: commits what the models say now, as new minor versions, and what is drawn of them."""

import sys
from itertools import chain

from ..installed import repository
from ..project import ProjectError
from .change import Refused
from .statuses import draw
from .update import update


def main() -> None:
    """Bring the events and the README of the current repository up to its code; tell of each file that is written."""
    try:
        found = repository()
        for line in chain(update(found.context, found.root), draw(found.context, found.root)):
            sys.stdout.write(f"{line}\n")
    except (Refused, ProjectError) as refused:
        sys.exit(str(refused))

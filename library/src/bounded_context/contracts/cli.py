"""`uv run just contracts`: commits what the models say now, as new minor versions, and the AsyncAPI document."""

import sys

from ..installed import repository
from ..project import ProjectError
from .change import Refused
from .update import update


def main() -> None:
    """Bring the events of the current repository up to its models, and tell of each file that was written."""
    try:
        found = repository()
        for line in update(found.context, found.root):
            sys.stdout.write(f"{line}\n")
    except (Refused, ProjectError) as refused:
        sys.exit(str(refused))

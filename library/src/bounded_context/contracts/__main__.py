"""`uv run just contracts`: commits what the models say now, as new minor versions, and the AsyncAPI document."""

import sys

from .. import project
from .change import Refused
from .update import update


def main() -> None:
    """Bring the events of the current repository up to its models, and tell of each file that was written."""
    try:
        found = project.current()
        for line in update(found.context, found.root):
            sys.stdout.write(f"{line}\n")
    except (Refused, project.NoProject) as refused:
        sys.exit(str(refused))


if __name__ == "__main__":
    main()

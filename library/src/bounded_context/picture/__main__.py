"""`python -m bounded_context.picture`: see `bounded_context.testing.picture`, which runs the repository's program."""

import sys

from ..installed import command

if __name__ == "__main__":
    sys.exit(command("testing.picture")())

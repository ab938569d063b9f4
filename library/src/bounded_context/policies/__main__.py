"""`python -m bounded_context.policies`: see `bounded_context.testing.policies`, which runs the repository's program."""

import sys

from ..installed import command

if __name__ == "__main__":
    sys.exit(command("testing.policies")())

"""`python -m bounded_context.local.rehearsal`: see the package's description."""

import sys

from ...installed import command

if __name__ == "__main__":
    sys.exit(command("local.rehearsal.cli")())

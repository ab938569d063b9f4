"""`python -m bounded_context.local.live`: see the package's description."""

import sys

from ...installed import command

if __name__ == "__main__":
    sys.exit(command("local.live.cli")())

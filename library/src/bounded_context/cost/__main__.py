"""`python -m bounded_context.cost`: see the package's description."""

import sys

from ..installed import command

if __name__ == "__main__":
    sys.exit(command("cost.cli")())

"""`python -m bounded_context.smoke_account`: see the package's description."""

import sys

from ..installed import command

if __name__ == "__main__":
    sys.exit(command("smoke_account.cli")())

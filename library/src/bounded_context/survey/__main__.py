"""`python -m bounded_context.survey`: see the package's description."""

import sys

from ..installed import command

if __name__ == "__main__":
    sys.exit(command("survey.cli")())

"""`python -m redrive`: see the package's description."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())

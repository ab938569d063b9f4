"""`uv run just contracts`: commits what the models say now, as new minor versions, and the AsyncAPI document."""

import sys

from .change import Refused
from .update import update

if __name__ == "__main__":
    try:
        for line in update():
            sys.stdout.write(f"{line}\n")
    except Refused as refused:
        sys.exit(str(refused))

"""Stands in for uv as far as it would start the rollout, or ask for vulnerabilities. All else is uv's own.

A stand-in of the rollout is started, and one of the service is asked.
"""

import os
import sys
from pathlib import Path

UV = "STAND_IN_UV"
"""The variable that names uv itself."""

OSV = "STAND_IN_OSV"
"""The variable that names the service's address."""

_AUDIT = ["run", "context", "audit"]
_ROLLOUT = ["run", "context", "rollout"]
_IN_ITS_PLACE = ["run", "python", str(Path(__file__).with_name("stand_in_rollout.py"))]


def main() -> None:
    """Become uv."""
    arguments = sys.argv[1:]
    if arguments[:3] == _ROLLOUT:
        arguments = [*_IN_ITS_PLACE, *arguments[3:]]
    if arguments[:3] == _AUDIT:
        arguments = [*arguments, "--service-url", os.environ[OSV]]
    os.execv(os.environ[UV], ["uv", *arguments])  # noqa: S606


if __name__ == "__main__":
    main()

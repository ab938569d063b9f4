"""Stands in for pip, where uv is on this machine already: what it would install must be pinned by hash."""

import argparse
import sys
from pathlib import Path


def main() -> str | None:
    """What is wrong with the call, if anything is."""
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["install"])
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--require-hashes", action="store_true", required=True)
    parser.add_argument("--requirement", type=Path, required=True)
    requirements: str = parser.parse_args().requirement.read_text()
    return None if "--hash=sha256:" in requirements else "no hash"


if __name__ == "__main__":
    sys.exit(main())

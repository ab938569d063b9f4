"""`uv run just docs`: lists the platform's pages; with a page's name prints it, with a heading's too that section."""

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from ..typed import typed
from ..usage import Usage
from .pages import NoPage, page, pages, section

_EXAMPLES: Final = {
    "": "the pages that there are",
    "changing": "one of them",
    "runbook a-function-fails": "a section of one",
}
_STATUSES: Final = {0: "it is printed", 1: "there is no such page or section", 2: "arguments that cannot work"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what was asked for and return the exit status: 1 if there is no such page or section."""
    options = _parser().parse_args(arguments)
    try:
        text = _asked(options.page, options.section)
    except NoPage as missing:
        sys.stderr.write(f"{missing}\n")
        return 1
    sys.stdout.write(text)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = Usage(typed("docs", "docs"), _EXAMPLES, _STATUSES).parser("The platform's pages.")
    parser.add_argument("page", nargs="?", help="a page's name, such as runbook")
    parser.add_argument("section", nargs="?", help="an alarm's section, such as a-function-fails")
    return parser


def _asked(name: str | None, anchor: str | None) -> str:
    if name is None:
        return "".join(f"{name:<15}{title}\n" for name, title in pages().items())
    return page(name) if anchor is None else section(name, anchor)


if __name__ == "__main__":
    sys.exit(main())

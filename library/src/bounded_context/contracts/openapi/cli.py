"""`uv run just openapi`: writes the OpenAPI document and its page; a test says when they are to be written anew."""

import sys
from collections.abc import Sequence
from typing import Final

from ...installed import repository
from ...project import ProjectError
from ...typed import typed
from ...usage import Usage
from .change import missed
from .files import files

_ABOUT: Final = "Writes the HTTP API's OpenAPI document and its page anew, from the code."
_EXAMPLES: Final = {"": "each file that is written"}
_STATUSES: Final = {
    0: "they are as the code is",
    1: "there is no API, or its callers would miss something: nothing is written",
    2: "it takes no arguments",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the files of the current repository, and report each; nothing if callers would miss something."""
    Usage(typed("contracts.openapi", "openapi"), _EXAMPLES, _STATUSES).parser(_ABOUT).parse_args(arguments)
    try:
        found = repository()
    except ProjectError as missing:
        sys.exit(str(missing))
    if not found.context.api:
        sys.exit(f"{found.context.title} has no HTTP API: write api=True in its context first.")
    if broken := list(missed(found.context, found.root)):
        sys.exit("\n".join(broken))
    for path, text in files(found.context, found.root).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path}\n")

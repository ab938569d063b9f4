"""`uv run just openapi`: writes the OpenAPI document and its page; a test says when they are to be written anew."""

import sys

from ...installed import repository
from ...project import ProjectError
from .change import missed
from .files import files


def main() -> None:
    """Write the files of the current repository, and tell of each; nothing if callers would miss something."""
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

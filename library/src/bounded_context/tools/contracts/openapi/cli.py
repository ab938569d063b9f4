"""`context openapi`: the OpenAPI document of the HTTP API, and its page."""

import sys

from ....configuration.project import ProjectError
from ...command.installed import repository
from ...command.output import fail, update_file
from .files import files, missed


def openapi() -> int:
    """Write the OpenAPI document and its page from the code, and print each written file.

    Exit status:
      0  the documents match the code
      1  nothing is written: the context has no HTTP API, or its callers would miss a field
    """
    try:
        found = repository()
    except ProjectError as missing:
        return fail(str(missing))
    if not found.context.api:
        return fail(f"{found.context.title} has no HTTP API: write api=True in its context first.")
    if broken := list(missed(found.context, found.root)):
        return fail("\n".join(broken))
    for path, text in files(found.context, found.root).items():
        update_file(path, text)
        sys.stdout.write(f"{path}\n")
    return 0

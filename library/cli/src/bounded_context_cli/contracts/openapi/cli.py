"""`context openapi`: the OpenAPI document of the HTTP API, and its page."""

import json
import os
import sys

from bounded_context_infra.configuration.project import ProjectError

from ...command.installed import repository
from ...command.output import fail, update_file
from ...views.pages.api import api_page
from . import FOLDER, NAME
from .files import expected, missed


def openapi() -> int:
    """Write the OpenAPI document from the code, and its page into `build/`. Print each written file.

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
    document, page = found.root / FOLDER / NAME, found.build / "api.html"
    text = expected(found.context, found.root)
    for path, content in (
        (document, text),
        (page, api_page(json.loads(text), document=os.path.relpath(document, page.parent))),
    ):
        update_file(path, content)
        sys.stdout.write(f"{path}\n")
    return 0

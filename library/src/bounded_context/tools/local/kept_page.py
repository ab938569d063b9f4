"""API page of a kept run: requests with the run's address and keys, ready to copy."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from ...configuration.project import Project
from ..contracts.openapi.places import FOLDER, NAME
from ..views.pages.api import Called, api_page
from .emulator import Emulator
from .endpoints import standing

_WHERE: Final = (
    "This is the address of the kept run on this machine, with the keys of its emulator's root user, who has all "
    "permissions there. They are invalid when the run has ended."
)


def place(project: Project) -> Path:
    """Return the path of the page. The file exists while a run with an API is kept."""
    return project.build / "kept-api.html"


@contextmanager
def standing_page(
    project: Project, emulator: Emulator, outputs: Mapping[str, Any], list_id: str | None = None
) -> Iterator[None]:
    """Write the API page, and delete it at the end of the block. The page's list query uses `list_id`.

    No page is written if the stack has no API or the repository has no OpenAPI document.
    """
    document, file = project.root / FOLDER / NAME, place(project)
    if not (outputs.get("api") and document.is_file()):
        yield
        return
    made = json.loads(document.read_text(encoding="utf-8"))
    called = _called(emulator, outputs["api"]["url"], list_id)
    with standing(file, api_page(made, called, os.path.relpath(document, file.parent))):
        yield


def _called(emulator: Emulator, url: str, list_id: str | None) -> Called:
    variables = {
        "API": url,
        "AWS_REGION": emulator.region,
        "AWS_ACCESS_KEY_ID": emulator.access_key,
        "AWS_SECRET_ACCESS_KEY": emulator.secret_key,
        "AWS_SESSION_TOKEN": "",
    }
    return Called(_WHERE, variables, {"list_id": list_id} if list_id else {})

"""The page of the HTTP API with the address of a kept run, and its keys: requests to copy and send."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from ..contracts.openapi.places import FOLDER, NAME
from ..pages.api import Called, api_page
from ..project import Project
from .emulator import Emulator
from .endpoints import standing

_WHERE: Final = (
    "A run is kept on this machine: these are its address and the keys of its emulator's root, who may do "
    "anything there. They are worth nothing when the run has ended."
)


def place(project: Project) -> Path:
    """Return the page's file, which is there while a run with an API is kept."""
    return project.build / "kept-api.html"


@contextmanager
def standing_page(
    project: Project, emulator: Emulator, outputs: Mapping[str, Any], list_id: str | None = None
) -> Iterator[None]:
    """Keep the page until the block is left; nothing, where the stack has no API or the repository no document.

    Its query of a list is of the list that is given.
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

"""A kept run: import of uploaded files, and an API page with requests to copy, until Ctrl-C."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any, Final, NoReturn

from bounded_context_cli.command.errors import LocalRunError
from bounded_context_cli.contracts.openapi import FOLDER, NAME
from bounded_context_cli.views.pages.api import Called, api_page
from bounded_context_infra.configuration.project import Project

from ..actors.partner import UNFINISHED
from ..emulator.endpoints import standing
from ..emulator.process import Emulator, is_ready
from ..live.reload import watching
from ..periodic import until
from ..running.context import RunningContext
from ..running.start import api_page_file
from .screen import RunScreen

SECONDS = 1.0
UNREADY_SECONDS = 10.0

_WHERE: Final = (
    "This is the address of the kept run on this machine, with the keys of its emulator's root user, who has all "
    "permissions there. They are invalid when the run has ended."
)


def keep_running(running: RunningContext, screen: RunScreen, *, watched: bool, list_id: str | None = None) -> None:
    """Print the endpoints and import uploaded files until Ctrl-C; with `watched`, also deploy saved sources."""
    try:
        with published_api_page(running.project, running.emulator, running.outputs, list_id):
            screen.show_endpoints(running)
            with watching(running, screen.tell) if watched else nullcontext():
                import_uploads(running, screen.tell) if running.context.has_lists else wait_for_end(running.emulator)
    except KeyboardInterrupt:
        # uv forwards the terminal's Ctrl-C, so the signal may arrive twice.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        screen.tell("Stopping.")


def wait_for_end(emulator: Emulator) -> NoReturn:
    """Wait until the emulator ends. Raises LocalRunError."""
    # A busy emulator may answer late.
    while until(lambda: is_ready(emulator), UNREADY_SECONDS):
        time.sleep(SECONDS)
    raise LocalRunError("The emulator has ended: start the run again.")


def import_uploads(running: RunningContext, say: Callable[[str], None]) -> NoReturn:
    """Follow the import of each file that a person uploads and report its outcome, until interrupted."""
    earlier = running.partner.inbox()
    while True:
        time.sleep(SECONDS)
        files = running.partner.inbox()
        for name in [name for name, state in files.items() if earlier.get(name) != state]:
            if not name.endswith((UNFINISHED, "/")):
                _import(running, name, say)
        earlier = running.partner.inbox()


def _import(running: RunningContext, name: str, say: Callable[[str], None]) -> None:
    say(f"{name} has arrived")
    try:
        if not running.emulator.joined:  # a joined context gets references by events
            running.table.know_references(running.samples.references_of(running.partner.arrived(name)))
        execution = running.follow(running.partner.announce_arrived(name))
        say(f"{name} is {execution.outcome} {execution.error}; see {running.partner.report_path(name)}")
    except LocalRunError as error:
        say(f"{name}: {error}")


@contextmanager
def published_api_page(
    project: Project, emulator: Emulator, outputs: Mapping[str, Any], list_id: str | None = None
) -> Iterator[None]:
    """Write the API page, and delete it at the end of the block. The page's list query uses `list_id`.

    No page is written if the stack has no API or the repository has no OpenAPI document.
    """
    document, file = project.root / FOLDER / NAME, api_page_file(project)
    if not (outputs.get("api") and document.is_file()):
        yield
        return
    variables = {
        "API": outputs["api"]["url"],
        "AWS_REGION": emulator.region,
        "AWS_ACCESS_KEY_ID": emulator.access_key,
        "AWS_SECRET_ACCESS_KEY": emulator.secret_key,
        "AWS_SESSION_TOKEN": "",
    }
    values = Called(_WHERE, variables, {"list_id": list_id} if list_id else {})
    page = api_page(json.loads(document.read_text(encoding="utf-8")), values, os.path.relpath(document, file.parent))
    with standing(file, page):
        yield

"""Import of files that a person uploads to a kept run."""

import time
from collections.abc import Callable
from typing import NoReturn

from ..command.errors import LocalRunError
from .partner import UNFINISHED
from .running import RunningContext

SECONDS = 1.0


def watch(running: RunningContext, say: Callable[[str], None]) -> NoReturn:
    """Follow the import of each new file and report its outcome, until interrupted."""
    seen = running.partner.inbox()
    while True:
        time.sleep(SECONDS)
        found = running.partner.inbox()
        for name in [name for name, state in found.items() if seen.get(name) != state]:
            if not name.endswith((UNFINISHED, "/")):
                _import(running, name, say)
        seen = running.partner.inbox()


def _import(running: RunningContext, name: str, say: Callable[[str], None]) -> None:
    say(f"{name} has arrived")
    try:
        if not running.emulator.joined:  # a joined context gets references by events
            running.table.know_references(running.samples.references_of(running.partner.arrived(name)))
        ended = running.follow(running.partner.announce_arrived(name))
        say(f"{name} is {ended.outcome} {ended.error}; see {running.partner.report_path(name)}")
    except LocalRunError as error:
        say(f"{name}: {error}")

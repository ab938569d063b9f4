"""What a kept run does with files that somebody puts into the inbox by hand: it says what becomes of them."""

import time
from collections.abc import Callable
from typing import NoReturn

from .errors import LocalRunError
from .partner import UNFINISHED
from .running import RunningContext

SECONDS = 1.0


def watch(running: RunningContext, say: Callable[[str], None]) -> NoReturn:
    """Follow each new file, and say what becomes of it, until interrupted."""
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
        if not running.emulator.joined:  # there, other contexts may tell of them
            running.table.know_references(running.samples.references_of(running.partner.arrived(name)))
        ended = running.follow(running.partner.announce_arrived(name))
        say(f"{name} is {ended.outcome} {ended.error}; see {running.partner.report_path(name)}")
    except LocalRunError as error:
        say(f"{name}: {error}")

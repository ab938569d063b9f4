"""What a kept run does with files that somebody puts into the inbox by hand: it says what becomes of them."""

import time
from collections.abc import Callable
from typing import NoReturn

from .context import RunningContext
from .errors import LocalRunError
from .partner import UNFINISHED
from .samples import references_of

SECONDS = 1.0


def watch(context: RunningContext, say: Callable[[str], None]) -> NoReturn:
    """Follow each new file, and say what becomes of it, until interrupted."""
    seen = context.inbox()
    while True:
        time.sleep(SECONDS)
        found = context.inbox()
        for name in [name for name, state in found.items() if seen.get(name) != state]:
            if not name.endswith((UNFINISHED, "/")):
                _import(context, name, say)
        seen = context.inbox()


def _import(context: RunningContext, name: str, say: Callable[[str], None]) -> None:
    say(f"{name} has arrived")
    try:
        if not context.emulator.joined:  # there, other contexts may tell of them
            context.know_references(references_of(context.arrived(name)))
        ended = context.follow(context.announce_arrived(name))
        say(f"{name} is {ended.outcome} {ended.error}; see {context.report_path(name)}")
    except LocalRunError as error:
        say(f"{name}: {error}")

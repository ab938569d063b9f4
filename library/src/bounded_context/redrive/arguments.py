"""What may be asked, and one sentence for what may not."""

import argparse
import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from ..rollout.errors import INTERRUPTED, REFUSED
from ..typed import typed
from ..usage import Usage
from .choice import Where

DEFAULT_RATE = 10
"""Messages a second."""

_ABOUT: Final = """Looks into the dead-letter queues of a stack and sends their messages on again.

QUEUE is a name that the list shows or its alarm names, or the queue's name on AWS. A message is delivered first and
deleted afterwards: it may come twice, and is never lost.
"""
_EXAMPLES: Final = {
    "prod": "list all dead-letter queues",
    "prod uploads": "look into one, and see what would be done",
    "prod uploads --go": "do it",
    "prod QUEUE --where 'type=*Deleted' --older-than 2h --max 1 --go": "try it with one of these messages",
    "prod relay_events --go --give-up 'told by hand, ticket 4711'": "leave those whose changes are gone",
    "prod unseen --where 'key=incoming/acme/*' --go": "import uploads that nobody has heard of",
}
_STATUSES: Final = {
    0: "all is well",
    1: "messages are left",
    REFUSED: "refused before anything changed",
    INTERRUPTED: "Ctrl-C",
}

_DURATION = re.compile(r"([1-9][0-9]{0,5})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

_WHERE = (
    "only messages whose type, subject, source, id or message attribute matches, with * ? [..] in the pattern; may be"
    " repeated, then all must match"
)
_GIVE_UP = (
    "also delete the messages whose changes are gone from the table's stream, for the reason that you write here; what"
    " is deleted is printed"
)
_OF_A_QUEUE = ("go", "where", "older_than", "newer_than", "max", "rate", "give_up")


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the arguments, or end the process with status 2 and a sentence."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.queue is None and (needless := [name for name in _OF_A_QUEUE if getattr(options, name)]):
        parser.error(f"--{needless[0].replace('_', '-')} is for one queue: name it after the stack")
    if options.give_up and not options.go:
        parser.error("--give-up deletes messages: write --go too")
    options.rate = options.rate or DEFAULT_RATE
    return options


def _parser() -> argparse.ArgumentParser:
    parser = Usage(typed("redrive", "redrive"), _EXAMPLES, _STATUSES).parser(_ABOUT)
    add = parser.add_argument
    add("stack", help="the Pulumi stack, such as dev")
    add("queue", nargs="?", help="a dead-letter queue; without it, all are listed")
    add("--go", action="store_true", help="do it; without it, say what would be done and change nothing")
    add("--where", type=_where, action="append", default=[], metavar="KEY=PATTERN", help=_WHERE)
    add("--older-than", type=_duration, metavar="TIME", help="only messages first sent longer ago, such as 90m, 2h, 1d")
    add("--newer-than", type=_duration, metavar="TIME", help="only messages first sent since then")
    add("--max", type=_number, metavar="N", help="at most this many messages")
    add("--rate", type=_number, metavar="N", help=f"at most this many messages a second (default {DEFAULT_RATE})")
    add("--give-up", type=_reason, metavar="WHY", help=_GIVE_UP)
    add("--outputs", type=Path, metavar="FILE", help="read `pulumi stack output --json` here, not from the Pulumi CLI")
    add("--json", action="store_true", help="print a JSON result; progress goes to standard error")
    return parser


def _where(text: str) -> Where:
    key, equals, pattern = text.partition("=")
    if not (key and equals and pattern):
        raise argparse.ArgumentTypeError(f"{text!r} is not a condition: write one such as type=*Deleted")
    return key, pattern


def _duration(text: str) -> timedelta:
    found = _DURATION.fullmatch(text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time: write a number and s, m, h or d, such as 2h")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of messages: write one from 1, such as 10")
    return int(text)


def _reason(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("write why the messages are given up: the reason is printed with them")
    return " ".join(text.split())

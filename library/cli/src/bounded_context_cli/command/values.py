"""Parsers of options' values. Each raises `typer.BadParameter` with a remedy."""

import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from typer import Option

AsJson = Annotated[bool, Option("--json", help="print a JSON report; progress goes to standard error")]


def counted(of: str, example: int, most: int | None = None) -> Callable[[str], int]:
    """Return a parser of whole numbers from 1 to `most`; `of` is the unit, such as minutes."""

    def number(text: str) -> int:
        count = int(text) if text.isascii() and text.isdecimal() else 0
        if count < 1 or (most is not None and count > most):
            accepted = f"a number from 1, such as {example}" if most is None else f"a number from 1 to {most}"
            raise typer.BadParameter(f"{text!r} is not a number of {of}: write {accepted}")
        return count

    return number


def reason(text: str) -> str:
    """Return a reason on one line. Refuses an empty text: the reason is stored."""
    if not text.strip():
        raise typer.BadParameter("the reason is empty: write why; the reason is stored with the result")
    return " ".join(text.split())


def time(text: str) -> datetime:
    """Return a time in UTC. Refuses a time without a time zone."""
    with suppress(ValueError, OverflowError):
        if (moment := datetime.fromisoformat(text)).tzinfo:
            return moment.astimezone(UTC)
    raise typer.BadParameter(f"{text!r} is not a time: write date, time and time zone, such as 2026-01-31T12:00:00Z")


def existing_file(text: str) -> Path:
    """Return the path of a file that exists."""
    path = Path(text)
    if not path.is_file():
        raise typer.BadParameter(f"{text!r} is not a file: write the path of a file")
    return path


def writable_file(text: str) -> Path:
    """Return the path of a file that can be written. Creates its folder."""
    path = Path(text)
    if path.is_dir():
        raise typer.BadParameter(f"{text!r} is a folder: write the path of a file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            return path
    except OSError as error:
        raise typer.BadParameter(f"{text!r} cannot be written ({error.strerror}): name another folder") from error

"""The release figures of a fleet's stacks, in the files that `context releases --write` writes."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from html import escape
from pathlib import Path
from typing import Annotated, Any, Final

from typer import Option

from ..alone import alone
from ..upkeep.errors import CannotTell
from .findings import Finding
from .members import Member

HEAD: Final = ("context", "stack", "releases a week", "lead time", "failed", "time to restore", "measured")
"""The titles of the table of figures."""

STALE: Final = timedelta(days=14)
"""The age from which a measurement is marked."""

ABSENT: Final = "-"
_AHEAD: Final = timedelta(hours=1)
"""How far the clock of the measurement may be ahead."""

_LARGEST: Final = 100_000
"""The size of the largest file that is read, in bytes."""

_AGAIN: Final = "write it again with `context releases STACK --write FOLDER`"


@dataclass(frozen=True)
class Figures:
    """The figures of a stack's releases from `since` to `until`, times in seconds; None is a figure of no release."""

    path: Path
    context: str
    stack: str
    since: datetime
    until: datetime
    releases: int
    releases_per_week: float
    lead_seconds: float | None
    failed: int
    failure_share: float | None
    restore_seconds: float | None

    @property
    def is_stale(self) -> bool:
        """Whether the measurement is older than two weeks."""
        return datetime.now(UTC) - self.until > STALE

    @property
    def cells(self) -> tuple[str, ...]:
        """The cells of the table, after the context and the stack."""
        spoken = alone("cli", "command.output").spoken
        share = ABSENT if self.failure_share is None else f"{self.failure_share:.0%}, {self.failed} of {self.releases}"
        measured = f"{self.until:%Y-%m-%d}, {(self.until - self.since).days} days{', stale' if self.is_stale else ''}"
        return f"{self.releases_per_week:g}", spoken(self.lead_seconds), share, spoken(self.restore_seconds), measured


Releases = Annotated[
    Path | None,
    Option("--releases", metavar="FOLDER", help="also show the figures that `context releases --write` wrote there"),
]

Read = tuple[list[Figures], list[Finding]]
"""The figures of all files, and a finding for each bad file."""


def figures(folder: Path | None) -> Read | None:
    """Read the files of a folder and its subfolders. Returns None without a folder.

    Raises:
        CannotTell: there is no such folder.
    """
    if folder is None:
        return None
    if not folder.is_dir():
        raise CannotTell(f"{folder} is no folder: name the folder of `context releases STACK --write FOLDER`.")
    all_figures, faults = list[Figures](), list[Finding]()
    for path in sorted(folder.rglob("*.json")):
        try:
            all_figures.append(_figures(path, _content(path)))
        except _BadFile as error:
            faults.append(_fault(path, str(error)))
    return all_figures, faults


def measured(fleet: Sequence[Member], read: Read | None) -> tuple[list[Member], list[Finding]]:
    """Return the contexts with the figures of their stacks, and a finding for each bad file, or file of no stack.

    Each context has the stacks of which any context has figures.
    """
    if read is None:
        return [*fleet], []
    all_figures, faults = read[0], [*read[1]]
    known = {member.name: {stack.name for stack in member.stacks} for member in fleet}
    by_stack = dict[tuple[str, str], Figures]()
    for each in sorted(all_figures, key=lambda each: each.until):
        stacks, near = known.get(each.context), get_close_matches(each.context, known, 1)
        if stacks is None:
            remedy = f"write {near[0]}, or delete the file" if near else "add its repository, or delete the file"
            faults.append(_fault(each.path, f"the context {each.context!r} is not in this fleet: {remedy}"))
        elif stacks and each.stack not in stacks:
            fault = f"{each.context} has no stack {each.stack!r}, but {', '.join(sorted(stacks))}: delete the file"
            faults.append(_fault(each.path, fault, each.context))
        else:
            if earlier := by_stack.get((each.context, each.stack)):
                fault = f"{each.path} has a later measurement of the same stack: delete the earlier file"
                faults.append(_fault(earlier.path, fault, each.context))
            by_stack[each.context, each.stack] = each
    names = {stack for _, stack in by_stack}
    return [_with(member, names & (known[member.name] or names), by_stack) for member in fleet], faults


def _with(member: Member, stacks: Iterable[str], by_stack: Mapping[tuple[str, str], Figures]) -> Member:
    return replace(member, releases={stack: by_stack.get((member.name, stack)) for stack in sorted(stacks)})


def rows(fleet: Iterable[Member]) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the table; `-` marks a figure that is not measured."""
    for member in fleet:
        if member.releases is not None:
            for stack, figures in (member.releases or {ABSENT: None}).items():
                yield (member.name, stack, *(figures.cells if figures else [ABSENT] * (len(HEAD) - 2)))


def sentences(member: Member) -> Iterator[str]:
    """Yield a sentence for the figures of each measured stack."""
    for stack, figures in (member.releases or {}).items():
        if figures:
            parts = zip(HEAD[2:], figures.cells, strict=True)
            yield f"Releases of {stack}: {'; '.join(f'{title} {cell}' for title, cell in parts)}."


def table(fleet: Iterable[Member], first: int = 0) -> str:
    """Return the table of a page, from its column ``first``; empty without figures."""
    return alone("cli", "views.pages").table(HEAD[first:], ([*map(escape, row[first:])] for row in rows(fleet)))


def as_json(fleet: Iterable[Member]) -> Iterator[dict[str, Any]]:
    """Yield the figures of each stack for JSON; the figures of a stack that is not measured are null."""
    for member in fleet:
        for stack, figures in (member.releases or {}).items():
            yield {
                "context": member.name,
                "stack": stack,
                "stale": figures.is_stale if figures else None,
                **{name: None if figures is None else _plain(getattr(figures, name)) for name in _FORM},
            }


def _plain(value: Any) -> Any:  # noqa: ANN401 (JSON)
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value


class _BadFile(Exception):
    """A file has another form; the message has the fault and the remedy."""


def _fault(path: Path, sentence: str, *contexts: str) -> Finding:
    return Finding("releases", contexts, f"{path}: {sentence}.")


def _content(path: Path) -> Mapping[str, Any]:
    try:
        if not path.is_file():
            raise _BadFile("it is no file: remove it")
        if path.stat().st_size > _LARGEST:
            raise _BadFile(f"it has more than {_LARGEST} bytes: {_AGAIN}, or remove it")
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _BadFile(f"it cannot be read ({error.strerror}): {_AGAIN}") from None
    except (ValueError, RecursionError) as error:
        raise _BadFile(f"it is no JSON ({' '.join(str(error).split())}): {_AGAIN}") from None
    if not isinstance(content, dict):
        raise _BadFile(f"it is no JSON object: {_AGAIN}, or remove it")
    return content


def _figures(path: Path, content: Mapping[str, Any]) -> Figures:
    values = {name: _value(name, content) for name in ("context", "stack", *_FORM)}
    figures = Figures(path, **{**values, "context": values["context"].replace("_", "-")})
    if figures.since >= figures.until:
        raise _BadFile(f"since is {content['since']}, which is not before until: {_AGAIN}")
    if figures.until > datetime.now(UTC) + _AHEAD:
        raise _BadFile(f"until is {content['until']}, which is in the future: correct the clock, and {_AGAIN}")
    if figures.failed > figures.releases:
        raise _BadFile(f"failed is {figures.failed}, which is more than {figures.releases} releases: {_AGAIN}")
    return figures


def _value(name: str, content: Mapping[str, Any]) -> Any:  # noqa: ANN401 (JSON)
    wanted, parse = _FORM.get(name, _TEXT)
    try:
        return parse(content[name])
    except KeyError:
        raise _BadFile(f"it has no {name}: {_AGAIN}, or remove it") from None
    except (TypeError, ValueError, OverflowError):
        raise _BadFile(f"{name} is {str(content[name])[:50]!r}, and not {wanted}: {_AGAIN}") from None


def _text(value: Any) -> str:  # noqa: ANN401 (JSON)
    if not isinstance(value, str) or not value:
        raise ValueError(value)
    return value


def _time(value: Any) -> datetime:  # noqa: ANN401 (JSON)
    time = datetime.fromisoformat(_text(value))
    return time.astimezone(UTC) if time.tzinfo else _no(value)


def _no(value: Any) -> Any:  # noqa: ANN401 (JSON)
    raise ValueError(value)


def _number(value: Any) -> float:  # noqa: ANN401 (JSON)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and math.isfinite(value) and value >= 0 else _no(value)


def _count(value: Any) -> int:  # noqa: ANN401 (JSON)
    return value if isinstance(value, int) and _number(value) >= 0 else _no(value)


def _share(value: Any) -> float:  # noqa: ANN401 (JSON)
    return value if _number(value) <= 1 else _no(value)


Parse = Callable[[Any], Any]


def _or_null(parse: Parse) -> Parse:
    return lambda value: value if value is None else parse(value)


_TEXT: Final = ("a text", _text)
_TIME: Final = ("a time with its zone, such as 2026-12-01T12:00:00+00:00", _time)
_COUNT: Final = ("a whole number from 0", _count)
_SECONDS: Final = ("a number from 0, or null", _or_null(_number))
_FORM: Final[Mapping[str, tuple[str, Parse]]] = {
    "since": _TIME,
    "until": _TIME,
    "releases": _COUNT,
    "releases_per_week": ("a number from 0", _number),
    "lead_seconds": _SECONDS,
    "failed": _COUNT,
    "failure_share": ("a share from 0 to 1, or null", _or_null(_share)),
    "restore_seconds": _SECONDS,
}
"""The members of a file besides the context and the stack: the wanted value, and its parser, which may raise."""

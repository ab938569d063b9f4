"""The pages in this folder, and their sections by the anchors that code hosts generate."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent


class NoPage(LookupError):
    """The page or section does not exist; the message names the existing ones."""


class Found(NamedTuple):
    """A line of a page, with its number from 1 and the heading of its section."""

    page: str
    number: int
    heading: str
    line: str


def pages() -> dict[str, str]:
    """Return the pages' titles by their names."""
    return {path.stem: _heading(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.md"))}


def page(name: str) -> str:
    """Return a page, as Markdown. Raises NoPage."""
    if name not in pages():
        raise NoPage(f"There is no page {name!r}: name one of {', '.join(pages())}.")
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8")


def section(name: str, anchor: str) -> str:
    """Return a section of a page with its subsections. Raises NoPage."""
    found = dict(_sections(page(name)))
    if anchor not in found:
        raise NoPage(f"The page {name} has no section {anchor!r}: name one of {', '.join(found)}.")
    return found[anchor]


def search(words: Sequence[str]) -> list[Found]:
    """Return the best line of each section that contains all words; sections with a word in the heading come first."""
    wanted = [word.lower() for word in words]
    found = [line for name in pages() for line in _matches(name, wanted)]
    return sorted(found, key=lambda line: -_count(line.heading, wanted))


def anchor_of(heading: str) -> str:
    """Return a heading's anchor: lower-case letters, digits and dashes."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _matches(name: str, words: Sequence[str]) -> Iterator[Found]:
    lines = page(name).splitlines()
    for first, end in pairwise([*(number for number, _ in _headings(lines)), len(lines)]):
        if _count("\n".join(lines[first:end]), words) == len(words):
            best = max(range(first, end), key=lambda number: _count(lines[number], words))
            yield Found(name, best + 1, lines[first].lstrip("# "), lines[best].strip())


def _count(text: str, words: Sequence[str]) -> int:
    return sum(word in text.lower() for word in words)


def _heading(text: str) -> str:
    return text.partition("\n")[0].removeprefix("# ")


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """Yield each section with its anchor. A section ends at the next heading of its own or a higher level."""
    lines = text.splitlines(keepends=True)
    headings = list(_headings(lines))
    for place, (first, level) in enumerate(headings):
        later = (line for line, other in headings[place + 1 :] if other <= level)
        yield anchor_of(lines[first].lstrip("#").strip()), "".join(lines[first : next(later, len(lines))])


def _headings(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Yield the number and the level of each heading. Comments in blocks of code are no headings."""
    code = False
    for number, line in enumerate(lines):
        code ^= line.lstrip().startswith("```")
        if not code and (mark := re.match(r"#+(?= )", line)):
            yield number, len(mark[0])

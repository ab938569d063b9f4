"""The pages beside this module, and their sections by the anchors that code hosts give them."""

import re
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parent


class NoPage(LookupError):
    """There is no such page or section; the message names those that are there."""


def pages() -> dict[str, str]:
    """Return the pages' titles by their names."""
    return {path.stem: _heading(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.md"))}


def page(name: str) -> str:
    """Return a page, as Markdown. Raises NoPage."""
    if name not in pages():
        raise NoPage(f"There is no page {name!r}: name one of {', '.join(pages())}.")
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8")


def section(name: str, anchor: str) -> str:
    """Return a section of a page, with what is below its heading. Raises NoPage."""
    found = dict(_sections(page(name)))
    if anchor not in found:
        raise NoPage(f"The page {name} has no section {anchor!r}: name one of {', '.join(found)}.")
    return found[anchor]


def anchor_of(heading: str) -> str:
    """Return a heading's anchor: lower-case letters, digits and dashes."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _heading(text: str) -> str:
    return text.partition("\n")[0].removeprefix("# ")


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """Yield each section with its anchor; it ends where a heading of its own level or a higher one begins."""
    lines = text.splitlines(keepends=True)
    headings = list(_headings(lines))
    for place, (first, level) in enumerate(headings):
        later = (line for line, other in headings[place + 1 :] if other <= level)
        yield anchor_of(lines[first].lstrip("#").strip()), "".join(lines[first : next(later, len(lines))])


def _headings(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Yield the number and the level of each line that is a heading, and not a comment in a block of code."""
    code = False
    for number, line in enumerate(lines):
        code ^= line.lstrip().startswith("```")
        if not code and (mark := re.match(r"#+(?= )", line)):
            yield number, len(mark[0])

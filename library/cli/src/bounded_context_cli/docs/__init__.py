"""`context docs`: the pages of the library, and the files that their sections tell a team to write.

A block begins with one of these lines, and may contain several steps:

- ``# <file>``: the content of a new file.
- ``# <file>, after <text>``: lines to insert after the only line that contains the text.
- ``# <file>, instead of <text>``: lines that replace the only line that contains the text.

In a repository, the command prints the names of its context instead of ``loan``.
"""

import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Final, NamedTuple

from rich.markdown import Markdown
from typer import Argument

from ..command.output import fail
from ..command.terminal import console
from .names import Names

FOLDER = Path(__file__).parent


class NoPage(LookupError):
    """The page or section does not exist; the message names the existing ones."""


class Match(NamedTuple):
    """A line of a page, with its number from 1 and the heading of its section."""

    page: str
    number: int
    heading: str
    line: str


def pages() -> dict[str, str]:
    """Return the pages' titles by their names."""
    return {path.stem: _heading(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.md"))}


def page(name: str, *, names: Names | None = None) -> str:
    """Return a page, as Markdown, with the names of a context. Raises NoPage."""
    if name not in pages():
        near = get_close_matches(name, pages(), 1) or [f"one of {', '.join(pages())}"]
        raise NoPage(f"There is no page {name!r}: name {near[0]}.")
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    return names.applied(text) if names else text


def section(name: str, anchor: str, *, names: Names | None = None) -> str:
    """Return a section of a page with its subsections. Raises NoPage."""
    sections = dict(_sections(page(name, names=names)))
    if anchor not in sections:
        raise NoPage(f"The page {name} has no section {anchor!r}: name one of {', '.join(sections)}.")
    return sections[anchor]


def search(words: Sequence[str], names: Names | None = None) -> list[Match]:
    """Return the best line of each section that contains all words; sections with a word in the heading come first."""
    lower_words = [word.lower() for word in words]
    matches = [line for name in pages() for line in _matches(name, lower_words, names)]
    return sorted(matches, key=lambda line: -_count(line.heading, lower_words))


def anchor_of(heading: str) -> str:
    """Return a heading's anchor: lower-case letters, digits and dashes."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _matches(name: str, words: Sequence[str], names: Names | None) -> Iterator[Match]:
    lines = page(name, names=names).splitlines()
    for first, end in pairwise([*(number for number, _ in _headings(lines)), len(lines)]):
        if _count("\n".join(lines[first:end]), words) == len(words):
            best = max(range(first, end), key=lambda number: _count(lines[number], words))
            yield Match(name, best + 1, lines[first].lstrip("# "), lines[best].strip())


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


def docs(
    words: Annotated[
        list[str] | None,
        Argument(metavar="PAGE_OR_WORDS", help="a page and perhaps its section, or words; by default, list the pages"),
    ] = None,
) -> int:
    """Show a page of the documentation of the installed version, or a section of the page, or search all pages.

    A terminal shows the page in its pager. A pipe gets the Markdown. In a repository, the examples have its names.

    Examples:
      context docs                            list the pages
      context docs changing                   show a page
      context docs runbook a-function-fails   show a section
      context docs malware scan               search: page, line and heading of each section with these words

    Exit status:
      0  shown
      1  there is no such page or section, and no page contains the words
    """
    names, (name, *rest) = Names.of(Path.cwd()), words or [""]
    try:
        if not name:
            sys.stdout.writelines(f"{page_name:<15}{title}\n" for page_name, title in pages().items())
        elif name not in pages():
            sys.stdout.write(_search_results([name, *rest], names))
        else:
            _show(section(name, anchor_of(" ".join(rest)), names=names) if rest else page(name, names=names))
    except NoPage as missing:
        return fail(str(missing))
    return 0


def _search_results(words: list[str], names: Names | None) -> str:
    matches = search(words, names)
    if not matches:
        raise NoPage(f"No page contains {' '.join(words)!r}. The pages are: {', '.join(pages())}.")
    width = max(len(f"{line.page}:{line.number}") for line in matches)
    return "".join(
        f"{f'{page}:{number}':<{width}}  {heading}\n" + (f"    {line}\n" if line.lstrip("# ") != heading else "")
        for page, number, heading, line in matches
    )


def _show(text: str) -> None:
    if not sys.stdout.isatty():
        sys.stdout.write(text)
        return

    show(text)


_WIDEST = 120


def show(text: str) -> None:
    """Show Markdown in the terminal's pager. `less` gets git's options: colours, and an end after a single screen."""
    os.environ.setdefault("LESS", "FRX")
    screen = console()
    screen.width = min(screen.width, _WIDEST)
    with screen.pager(styles=True):
        screen.print(Markdown(text, hyperlinks=False))


_FILE: Final = r"# ([\w./]+\.\w+)(?:, (after|instead of) ([^\n]+))?\n"
_PLACE: Final = re.compile(f"^{_FILE}", re.MULTILINE)
_BLOCK: Final = re.compile(rf"^```\w+\n(?={_FILE})(?P<steps>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class DocumentedStep:
    """A text for the file at ``path``: all of the file, or lines at the only line that contains ``place``.

    ``how`` is ``after``, ``instead of``, or empty for a whole file.
    """

    path: str
    how: str
    place: str
    text: str

    def follow(self, repository: Path) -> None:
        """Write the text. Raises ValueError if a new file exists, or if not exactly one line contains ``place``."""
        file = repository / self.path
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        if not self.how and before:
            raise ValueError(f"{self.path} already exists")
        file.write_text(self._inserted(before) if self.how else self.text, encoding="utf-8")

    def _inserted(self, before: str) -> str:
        lines = before.splitlines(keepends=True)
        numbers = [number for number, line in enumerate(lines) if self.place in line]
        if len(numbers) != 1:
            raise ValueError(f"{self.path} has {self.place!r} in {len(numbers)} lines")
        [number] = numbers
        head = lines[: number + 1] if self.how == "after" else lines[:number]
        return "".join([*head, self.text, *lines[number + 1 :]])


def steps(section: str, context: str | Names) -> Iterator[DocumentedStep]:
    """Yield the steps of a section, with a context's names. A word in lower case has regular forms."""
    names = Names(context, f"{context}s", context.title()) if isinstance(context, str) else context
    for block in _BLOCK.finditer(names.applied(section)):
        parts = _PLACE.split(block["steps"])[1:]
        for path, how, place, code in zip(*(parts[n::4] for n in range(4)), strict=True):
            yield DocumentedStep(path, how or "", place or "", code)

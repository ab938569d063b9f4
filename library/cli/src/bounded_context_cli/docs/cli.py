"""`context docs`: the pages of the library."""

import sys
from typing import Annotated

from typer import Argument

from ..command.output import fail
from .pages import NoPage, anchor_of, page, pages, search, section


def docs(
    words: Annotated[
        list[str] | None,
        Argument(metavar="PAGE_OR_WORDS", help="a page and perhaps its section, or words; by default, list the pages"),
    ] = None,
) -> int:
    """Show a page of the documentation of the installed version, or a section of the page, or search all pages.

    A terminal shows the page in its pager. A pipe gets the Markdown.

    Examples:
      context docs                            list the pages
      context docs changing                   show a page
      context docs runbook a-function-fails   show a section
      context docs malware scan               search: page, line and heading of each section with these words

    Exit status:
      0  shown
      1  there is no such page or section, and no page contains the words
    """
    name, *rest = words or [""]
    try:
        if not name:
            sys.stdout.writelines(f"{page_name:<15}{title}\n" for page_name, title in pages().items())
        elif name not in pages():
            sys.stdout.write(_found([name, *rest]))
        else:
            _show(section(name, anchor_of(" ".join(rest))) if rest else page(name))
    except NoPage as missing:
        return fail(str(missing))
    return 0


def _found(words: list[str]) -> str:
    found = search(words)
    if not found:
        raise NoPage(f"No page contains {' '.join(words)!r}. The pages are: {', '.join(pages())}.")
    width = max(len(f"{line.page}:{line.number}") for line in found)
    return "".join(
        f"{f'{page}:{number}':<{width}}  {heading}\n" + (f"    {line}\n" if line.lstrip("# ") != heading else "")
        for page, number, heading, line in found
    )


def _show(text: str) -> None:
    if not sys.stdout.isatty():
        sys.stdout.write(text)
        return
    from .screen import show  # Rich takes longer to import than a page takes to print.

    show(text)

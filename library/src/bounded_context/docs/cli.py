"""`context docs`: the pages of the library."""

import sys
from typing import Annotated

from typer import Argument

from ..tools.command.output import fail
from .pages import NoPage, page, pages, section


def docs(
    name: Annotated[str | None, Argument(metavar="PAGE", help="a page, such as runbook; by default, list them")] = None,
    anchor: Annotated[str | None, Argument(metavar="SECTION", help="a section, such as a-function-fails")] = None,
) -> int:
    """Print a page of the documentation of the installed version, or a section of the page.

    Examples:
      context docs                            list the pages
      context docs changing                   print a page
      context docs runbook a-function-fails   print a section

    Exit status:
      0  printed
      1  the page or the section does not exist
    """
    try:
        sys.stdout.write(_text(name, anchor))
    except NoPage as missing:
        return fail(str(missing))
    return 0


def _text(name: str | None, anchor: str | None) -> str:
    if name is None:
        return "".join(f"{page_name:<15}{title}\n" for page_name, title in pages().items())
    return page(name) if anchor is None else section(name, anchor)

"""`python -m bounded_context.picture [STACK] [--svg | --mermaid | --readme] [--output FILE]`: draws the context.

Nothing is asked of AWS, and no Pulumi CLI: what is drawn is what the stack's program registers. `--readme` writes the
picture of the stack `prod` into the repository's README.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ..drawing import svg
from ..installed import repository
from ..local.errors import LocalRunError
from ..picture import Picture, picture
from ..picture.mermaid import flowchart
from ..picture.readme import NAME, draw
from ..policies import PRODUCTION
from ..project import Project, ProjectError
from ..typed import typed
from ..usage import Usage
from .graph import run, service

_REFUSED: Final = 2
_EXAMPLES: Final = {
    "--output context.svg": f"the stack {PRODUCTION}, for a browser",
    "dev --mermaid": "the stack dev, for Markdown",
    "--readme": f"renew the picture in {NAME}",
}
_STATUSES: Final = {0: "it is drawn", _REFUSED: "nothing could be drawn"}


class NotDrawn(ProjectError):
    """There is no picture; the message says why."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the picture, or write it into a file or the README; returns the exit status, 2 if there is none."""
    options = _parser().parse_args(arguments)
    try:
        project = repository()
        drawn = _picture(project, PRODUCTION if options.readme else options.stack)
        sys.stdout.write(_done(project, drawn, options))
    except (ProjectError, LocalRunError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return _REFUSED
    return 0


def _picture(project: Project, stack: str) -> Picture:
    if stack not in (known := service().stacks()):
        raise NotDrawn(f"There is no stack {stack}: write one of {', '.join(known)}.")
    try:
        return picture(project.context, run(stack), stack)
    except ProjectError:
        raise
    except Exception as error:
        raise NotDrawn(f"The program does not run as {stack}: {type(error).__name__}: {error}") from error


def _done(project: Project, drawn: Picture, options: argparse.Namespace) -> str:
    """What is printed."""
    if options.readme:
        return f"{NAME} has a new picture\n" if draw(drawn, project.root) else ""
    text = flowchart(drawn) if options.mermaid else svg(drawn.title, drawn.boxes, drawn.arrows)
    if options.output is None:
        return text
    options.output.write_text(text, encoding="utf-8")
    return f"{options.output}\n"


def _parser() -> argparse.ArgumentParser:
    usage = Usage(typed("picture", "picture"), _EXAMPLES, _STATUSES)
    parser = usage.parser("The context as a picture: who triggers whom, and who may do what.")
    parser.add_argument("stack", nargs="?", default=PRODUCTION, help=f"default: {PRODUCTION}")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--svg", action="store_true", help="for browsers; the default")
    form.add_argument("--mermaid", action="store_true", help="for Markdown, with what is alike as one arrow")
    form.add_argument("--readme", action="store_true", help=f"write that of {PRODUCTION} into {NAME}, as mermaid")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write it into a file, and print the file's name")
    return parser

"""`context picture`: a drawing of the resources that a stack's program registers. AWS is not called."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from ....configuration.project import ProjectError
from ...command.installed import repository
from ...command.output import refuse
from ...programs.graph import PRODUCTION
from ...programs.recording import service
from .. import readme as diagrams
from ..drawing import svg
from . import picture
from .mermaid import flowchart


def picture_(
    stack: Annotated[str, Argument(help="the Pulumi stack")] = PRODUCTION,
    as_svg: Annotated[bool, Option("--svg", help="an image for browsers (default)")] = False,
    mermaid: Annotated[bool, Option("--mermaid", help="a diagram for Markdown, with similar arrows as one")] = False,
    readme: Annotated[bool, Option("--readme", help=f"write the diagram of {PRODUCTION} into {diagrams.NAME}")] = False,
    output: Annotated[Path | None, Option(help="write the picture into this file, and print its name")] = None,
) -> int:
    """Draw the resources of a stack: which triggers which, and which permissions they have.

    Examples:
      context picture --output context.svg   the stack prod, for a browser
      context picture dev --mermaid          the stack dev, for Markdown
      context picture --readme               renew the picture in README.md

    Exit status:
      0  the picture is drawn
      2  nothing could be drawn
    """
    if sum((as_svg, mermaid, readme)) > 1:
        raise typer.BadParameter("--svg, --mermaid and --readme exclude one another: write one of them")
    try:
        project = repository()
        shown = PRODUCTION if readme else stack
        drawn = picture(project.context, service().graph(shown), shown)
        if readme:
            is_new = diagrams.draw(project.root, flowchart(drawn))
            sys.stdout.write(f"{diagrams.NAME} has a new picture\n" if is_new else "")
        else:
            _print(flowchart(drawn) if mermaid else svg(drawn.title, drawn.boxes, drawn.arrows), output)
    except (ProjectError, OSError) as error:
        return refuse(str(error))
    return 0


def _print(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.write(text)
        return
    output.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{output}\n")

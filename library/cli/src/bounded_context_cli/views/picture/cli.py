"""`context picture`: a drawing of the resources that a stack's program registers. AWS is not called."""

import sys
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from bounded_context_infra.configuration.project import ProjectError

from ...command.installed import repository
from ...command.output import refuse
from ...programs.graph import PRODUCTION
from ...programs.recording import service
from .. import readme as diagrams
from . import picture
from .mermaid import flowchart


def picture_(
    stack: Annotated[str, Argument(help="the Pulumi stack")] = PRODUCTION,
    readme: Annotated[bool, Option("--readme", help=f"write the diagram of {PRODUCTION} into {diagrams.NAME}")] = False,
    output: Annotated[Path | None, Option(help="write the picture into this file, and print its name")] = None,
) -> int:
    """Draw the resources of a stack: which triggers which, and which permissions they have.

    Examples:
      context picture dev        the stack dev, as a Mermaid diagram for Markdown
      context picture --readme   renew the picture in README.md

    Exit status:
      0  the picture is drawn
      2  nothing could be drawn
    """
    try:
        project = repository()
        shown = PRODUCTION if readme else stack
        drawn = picture(project.context, service().graph(shown), shown)
        if readme:
            is_new = diagrams.draw(project.root, flowchart(drawn))
            sys.stdout.write(f"{diagrams.NAME} has a new picture\n" if is_new else "")
        else:
            _print(flowchart(drawn), output)
    except (ProjectError, OSError) as error:
        return refuse(str(error))
    return 0


def _print(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.write(text)
        return
    output.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{output}\n")

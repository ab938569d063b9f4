"""Print the picture of the current repository's production as SVG: ``python -m <this package> FILE``."""

import sys
from pathlib import Path

from bounded_context_cli.command.installed import repository
from bounded_context_cli.programs import PRODUCTION
from bounded_context_cli.programs.recording import service
from bounded_context_cli.views.picture import picture

from . import Arrow, Box, svg

if __name__ == "__main__":
    drawing = picture(repository().context, service().graph(PRODUCTION), PRODUCTION)
    boxes, arrows = [Box(*box) for box in drawing.boxes], [Arrow(*arrow) for arrow in drawing.arrows]
    Path(sys.argv[1]).write_text(svg(drawing.title, boxes, arrows), encoding="utf-8")

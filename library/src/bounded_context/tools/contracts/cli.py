"""`context contracts`: the documents of events and statuses, written from the models as new minor versions."""

import sys
from itertools import chain

from ...configuration.project import ProjectError
from ..command.installed import repository
from ..command.output import fail
from ..views.picture.cli import picture_
from .catalog import files as catalog
from .change import Refused
from .statuses import draw
from .update import update


def contracts() -> int:
    """Write event schemas, AsyncAPI, samples, diagrams and catalog-info.yaml, and print each written file.

    Exit status:
      0  the documents match the code
      1  nothing is written: a reader of the events would miss a field
    """
    try:
        found = repository()
        steps = (update, draw, catalog.write)
        for line in chain.from_iterable(step(found.context, found.root) for step in steps):
            sys.stdout.write(f"{line}\n")
    except (Refused, ProjectError) as refused:
        return fail(str(refused))
    return picture_(readme=True)

"""`context contracts`: the documents of events and statuses, written from the models as new minor versions."""

import sys
from collections.abc import Iterator

from bounded_context_infra.configuration.project import Project, ProjectError

from ..command.installed import repository
from ..command.output import fail, update_file


def contracts() -> int:
    """Write schemas, AsyncAPI, samples, diagrams, AGENTS.md, catalog-info.yaml, the lists page; print written files.

    Exit status:
      0  the documents match the code
      1  nothing is written: a reader of the events would miss a field
    """
    # The help does not need these modules, which import boto3, Pulumi and Powertools.
    from ..views.picture.cli import picture_
    from .change import Refused

    try:
        for line in _written(repository()):
            sys.stdout.write(f"{line}\n")
    except (Refused, ProjectError) as refused:
        return fail(str(refused))
    return picture_(readme=True)


def _written(project: Project) -> Iterator[str]:
    from ..views import readme
    from . import agents
    from .catalog import files as catalog
    from .list_format import NAME, page
    from .statuses import diagram
    from .update import update

    yield from update(project.context, project.root)
    if project.context.has_lists and update_file(project.root / NAME, page(project)):
        yield f"{NAME} is new"
    if readme.draw(project.root, diagram(project.context)):
        yield f"{readme.NAME} has a new diagram of statuses"
    if update_file(project.root / agents.NAME, agents.page(project)):
        yield f"{agents.NAME} is updated from the declaration"
    yield from catalog.write(project.context, project.root)

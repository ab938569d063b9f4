"""`context partner-kit`: a program and a page with which partners check lists before the upload."""

import sys
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from bounded_context_infra.configuration.project import ProjectError

from ..command.installed import repository
from ..command.output import fail, update_file
from ..programs.graph import PRODUCTION
from ..release.package import PackageError


def partner_kit(
    stack: Annotated[str, Argument(help="the Pulumi stack whose limits apply")] = PRODUCTION,
    partner: Annotated[str | None, Option(help="the partner whose format applies, instead of the plain format")] = None,
    output: Annotated[Path | None, Option(help="the folder of the files, by default build/partner-kit")] = None,
) -> int:
    """Write a program for Python and an HTML page that check a list with this context's rules, without a connection.

    Both contain the format and samples. Give them to partners. There is no page for JSON lines and gzip.

    Exit status:
      0  both files are written
      1  a file could not be written
    """
    # The help does not need these modules, which import Pulumi and grimp.
    from .archive import write
    from .contents import contents
    from .page import page, unsupported

    try:
        project = repository()
        kit, folder = contents(project, stack, partner), output or project.build / "partner-kit"
        html, archive = folder / f"{kit.name}.html", folder / f"{kit.name}.pyz"
        html.unlink(missing_ok=True)
        if not (reason := unsupported(kit.format_)):
            update_file(html, page(kit, project.context))
        write(archive, project, kit.for_python())
    except (ProjectError, PackageError, OSError) as error:
        return fail(str(error))
    sys.stdout.write(f"{reason or html}\n{archive}\n")
    return 0

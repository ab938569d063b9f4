"""The command ``template fleet portal``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from typer import Argument

from ...alone import alone
from ...library import LibraryError
from ...upkeep.commands import CANNOT_TELL, DRIFTED, IN_STEP
from ...upkeep.errors import CannotTell
from ..members import Member, declared_members
from ..releases import Releases, figures, measured
from ..roster import roster
from .catalog import catalog
from .folder import write
from .service import Service, services
from .site import INDEX, site

output = alone("cli", "command.output")


def files_of(fleet: Sequence[Member]) -> dict[str, str]:
    """Return the files of a portal, by their paths."""
    contexts = [_readable(service) for service in services(fleet)]
    return site(fleet, contexts) | catalog(contexts)


def _readable(service: Service) -> Service:
    """Return a context without its documents if the portal cannot show them."""
    try:
        site([], [service])
        catalog([service])
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return service.without_documents()
    return service


def portal(
    place: Annotated[Path, Argument(metavar="DIR|FILE", help="a folder of clones, or a file with one path per line")],
    out: Annotated[
        Path, Argument(metavar="OUT", help="the folder of the portal: a new one, or that of an earlier call")
    ],
    releases: Releases = None,
) -> int:
    """Write a fleet as a static site, and as the folders of EventCatalog.

    The site needs no server and no scripts. OUT/eventcatalog has the folders of a catalogue.

    Examples:
      template fleet portal .. build/portal
      template fleet portal clones.txt build/portal --releases figures

    Exit status:
      0  the portal is written
      1  the portal is written, and a repository or a file of figures could not be read
      2  nothing is written
    """
    try:
        read = figures(releases)
        fleet, faults = measured(declared_members(roster(place)), read)
        files = files_of(fleet)
        write(out, files)
    except (CannotTell, LibraryError, OSError) as error:
        return output.fail(str(error), CANNOT_TELL)
    unread = [f"{member.folder}: {error}" for member in fleet for error in member.errors]
    unread += [fault.sentence for fault in faults]
    print(f"{out / INDEX}: {len(fleet)} repositories, {len(files)} files", *unread, sep="\n")
    return DRIFTED if unread else IN_STEP

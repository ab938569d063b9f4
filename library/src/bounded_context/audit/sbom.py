"""The bill of materials of a repository: the lock's packages, each with its licence and whether functions run it."""

from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Final

from .licences import licence_of, spdx
from .locked import Document, bill

FOLDER: Final = "audit"
NAME: Final = "sbom.json"

_MARKER: Final = "uv:package:marker"

Component = dict[str, Any]


def sbom(root: Path) -> Document:
    """Return the packages of the lock in ``root`` as a CycloneDX 1.5 document.

    A component's scope is ``required`` if functions run it, and ``excluded`` if it is a tool of those who develop.

    Raises:
        CannotTell: as bill.
    """
    run = {_key(one) for one in bill(root, "--no-dev")["components"]}
    made = bill(root)
    made["components"] = [_told(one, "required" if _key(one) in run else "excluded") for one in made["components"]]
    return made


def packages(components: Iterable[Component]) -> Iterator[tuple[Component, Distribution | None]]:
    """Yield each component with the package of its version that is installed here, if there is one.

    One for another machine or Python, as the lock says it, is left out where it is not installed.
    """
    for component in components:
        found = _installed(component)
        elsewhere = any(one["name"] == _MARKER for one in component.get("properties", ()))
        if found or not elsewhere:
            yield component, found


def _told(component: Component, scope: str) -> Component:
    found = _installed(component)
    licence = licence_of(found) if found else ()
    return component | {"scope": scope} | ({"licenses": _licences(licence)} if licence else {})


def _licences(licence: tuple[str, ...]) -> list[dict[str, Any]]:
    if len(licence) == 1 and spdx(licence[0]):
        return [{"expression": licence[0]}]
    return [{"license": {"name": one}} for one in licence]


def _installed(component: Component) -> Distribution | None:
    try:
        found = distribution(component["name"])
    except PackageNotFoundError:
        return None
    return found if found.version == component["version"] else None


def _key(component: Component) -> tuple[str, str]:
    return component["name"], component["version"]

"""The bill of materials of a repository: the lock's packages with licence and scope."""

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

    A component's scope is ``required`` if functions run it, and ``excluded`` if it is a development tool.

    Raises:
        CannotTell: as bill.
    """
    required = {_key(component) for component in bill(root, "--no-dev")["components"]}
    made = bill(root)
    made["components"] = [
        _completed(component, "required" if _key(component) in required else "excluded")
        for component in made["components"]
    ]
    return made


def packages(components: Iterable[Component]) -> Iterator[tuple[Component, Distribution | None]]:
    """Yield each component with the installed package of its version, or None.

    Components that the lock restricts to another platform or Python are skipped if they are not installed.
    """
    for component in components:
        found = _installed(component)
        elsewhere = any(entry["name"] == _MARKER for entry in component.get("properties", ()))
        if found or not elsewhere:
            yield component, found


def _completed(component: Component, scope: str) -> Component:
    found = _installed(component)
    licence = licence_of(found) if found else ()
    return component | {"scope": scope} | ({"licenses": _licences(licence)} if licence else {})


def _licences(licence: tuple[str, ...]) -> list[dict[str, Any]]:
    if len(licence) == 1 and spdx(licence[0]):
        return [{"expression": licence[0]}]
    return [{"license": {"name": name}} for name in licence]


def _installed(component: Component) -> Distribution | None:
    try:
        found = distribution(component["name"])
    except PackageNotFoundError:
        return None
    return found if found.version == component["version"] else None


def _key(component: Component) -> tuple[str, str]:
    return component["name"], component["version"]

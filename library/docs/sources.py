"""Where the site's pages come from: the same files that code hosts show and that `context docs` prints."""

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from diagrams import draw
from template.library import PLACEHOLDER, address

PACKAGED: Final = "library/cli/src/bounded_context_cli/docs"

_ELSEWHERE: Final = {
    **dict.fromkeys(("library", "policies", "rules", "settings"), "reference"),
    "proof": "explanation",
}
"""Pages of the package that are no how-to."""

_TEMPLATE: Final = {
    "README.md": "template/readme.md",
    "CONTRIBUTING.md": "template/contributing.md",
    "CHANGELOG.md": "template/changelog.md",
    "examples/README.md": "template/examples.md",
    "examples/backstage/README.md": "template/backstage.md",
    "library/README.md": "reference/distribution.md",
    "library/examples/consumer/README.md": "how-to/consumer.md",
}

_IMAGES: Final = ("examples/payment.svg", "examples/overview.svg", "examples/demo.svg")

_RECORDS: Final = "explanation/decisions/"
"""Their index links to each. In the sidebar of every page dozens of them would hide the rest."""

_LINK: Final = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)(#[^)\s]+)?\)")


class NoSuchFile(LookupError):
    """A page links to a file that the repository does not have."""


def gather(repository: Path, source: Path) -> None:
    """Copy the pages into `source`, which is made anew, with links that hold there.

    A link to a page leads to that page of the site. A link to another file leads to the published repository; in an
    unpublished template, only the text of the link remains.

    Raises:
        NoSuchFile: a page links to what is not there.
    """
    shutil.rmtree(source, ignore_errors=True)
    places = {**_places(repository), **{image: f"images/{Path(image).name}" for image in _IMAGES}}
    for origin, place in places.items():
        target = source / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix == ".md":
            text = (repository / origin).read_text(encoding="utf-8")
            listed = "---\norphan: true\n---\n\n" if place.startswith(_RECORDS) else ""
            linked = draw(_relinked(text, repository, origin, places, address().rstrip("/")), target)
            target.write_text(listed + linked, encoding="utf-8")
        else:
            shutil.copy(repository / origin, target)


def _places(repository: Path) -> dict[str, str]:
    """Where each page of the repository goes in the site."""
    names = sorted(path.stem for path in (repository / PACKAGED).glob("*.md"))
    packaged = {f"{PACKAGED}/{name}.md": f"{_ELSEWHERE.get(name, 'how-to')}/{name}.md" for name in names}
    here = Path("library/docs")
    own = {path.relative_to(repository).as_posix(): path for path in (repository / here).rglob("*.md")}
    return {**packaged, **_TEMPLATE, **{name: Path(name).relative_to(here).as_posix() for name in own}}


def _relinked(text: str, repository: Path, origin: str, places: Mapping[str, str], published: str) -> str:
    def relinked(link: re.Match[str]) -> str:
        named = os.path.normpath(Path(origin).parent / link[1])
        if named in places:
            return f"]({os.path.relpath(places[named], Path(places[origin]).parent)}{link[2] or ''})"
        if not (repository / named).exists():
            raise NoSuchFile(f"{origin} links to {link[1]}, which is not there")
        return f"]({published}/blob/HEAD/{named})"

    return re.sub(rf"\[([^\[\]]*)\]\({re.escape(PLACEHOLDER)}/[^)]*\)", r"\1", _LINK.sub(relinked, text))

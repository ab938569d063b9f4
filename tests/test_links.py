"""Documents point to what is there: files, sections, and pages of the library."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from bounded_context_cli import docs
from conftest import EXAMPLES, NOTHING, VAT_RETURN, sources

from template.bake import bake
from template.names import REPOSITORY

LINK = re.compile(r"\]\((?!https?://|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")
QUOTED = re.compile(r"`(\w[\w.-]*/[\w./-]*)`")
PAGE = re.compile(r"context docs ([a-z]+)\b(?:\s+([a-z]+(?:-[a-z]+)+))?")
OURS = sorted(
    path
    for place in (
        "*.md",
        "library/*.md",
        "library/*/README.md",
        "library/*/src/**/*.md",
        "library/examples/**/*.md",
        "examples/*.md",
    )
    for path in REPOSITORY.glob(place)
)
BAKED = {
    "payment": {},
    "vat_return": VAT_RETURN,
    "invoice": EXAMPLES["invoice"],
    "nothing": VAT_RETURN | NOTHING,
}


@pytest.fixture(scope="module", params=BAKED)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository: the default's, and those of other answers."""
    return bake(tmp_path_factory.mktemp("linked"), BAKED[request.param])


def broken(document: Path) -> Iterator[str]:
    """The relative links of a document that lead nowhere."""
    for name, anchor in LINK.findall(document.read_text(encoding="utf-8")):
        target = document.parent / name if name else document
        if not target.exists():
            yield name
        elif anchor and anchor not in anchors(target):
            yield f"{name}#{anchor}"


def anchors(document: Path) -> set[str]:
    """The anchors that a code host gives a document's headings."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {docs.anchor_of(heading) for heading in headings}


@pytest.mark.parametrize("document", OURS, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_links_of_our_documents_have_targets(document: Path) -> None:
    """Each link, and each path in quotes that begins with a folder of ours."""
    assert list(broken(document)) == []
    if document.name != "CHANGELOG.md" and document.parent == REPOSITORY:
        assert list(gone(document, REPOSITORY)) == []


def gone(document: Path, root: Path) -> Iterator[str]:
    """The paths in quotes that begin with a folder below ``root``, and are not there."""
    for path in QUOTED.findall(document.read_text(encoding="utf-8")):
        if (root / path.partition("/")[0]).is_dir() and not (root / path).exists():
            yield path


def test_links_of_a_repositorys_documents_have_targets(project: Path) -> None:
    """Whatever was answered."""
    for name in sources(project):
        if name.endswith(".md"):
            assert list(broken(project / name)) == [], name
            assert list(gone(project / name, project)) == [], name


def test_a_repository_names_pages_of_the_library_that_are_there(project: Path) -> None:
    """In its documents, settings and code: a page's name, and a section's."""
    links = [named for name in sources(project) for named in PAGE.findall((project / name).read_text(encoding="utf-8"))]
    assert ("changing", "a-field") in links
    for page, section in links:
        assert docs.section(page, section) if section else docs.page(page)


def test_a_link_without_a_target_is_reported(tmp_path: Path) -> None:
    """A link, a section and a path in quotes."""
    (tmp_path / "src").mkdir()
    document = tmp_path / "README.md"
    document.write_text("# One\n\n[a](b.md) [c](#one) [d](#two) [e](README.md#one) `src/gone.py` `src/` `else/where`\n")
    assert list(broken(document)) == ["b.md", "#two"]
    assert list(gone(document, tmp_path)) == ["src/gone.py"]

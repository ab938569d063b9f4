"""The page of the API leaves the repository."""

from pathlib import Path

from .repository import applied

DOCUMENT = {"docs/api/openapi.json": "{}\n"}


def test_the_generated_page_is_removed(tmp_path: Path) -> None:
    """Also after the team's own commands changed it. The document stays."""
    ours, templates = {**DOCUMENT, "docs/api/index.html": "ours"}, {**DOCUMENT, "docs/api/index.html": "baked"}
    assert applied("api_page", tmp_path, ours, templates) == (DOCUMENT, [])


def test_a_page_of_the_team_about_lists_is_named(tmp_path: Path) -> None:
    """The library writes a page of that name. A page of the template needs no note."""
    page = {"docs/lists.md": "# Our lists\n"}
    files, [note] = applied("api_page", tmp_path / "ours", page)
    assert (files, note.partition(":")[0]) == (page, "docs/lists.md")
    assert applied("api_page", tmp_path / "theirs", page, page)[1] == []


def test_a_repository_without_an_api_stays(tmp_path: Path) -> None:
    """It has no page."""
    assert applied("api_page", tmp_path, {"README.md": "ours\n"}, {}) == ({"README.md": "ours\n"}, [])

"""The page of the API leaves the repository."""

from pathlib import Path

from .repository import applied

DOCUMENT = {"docs/api/openapi.json": "{}\n"}


def test_the_generated_page_is_removed(tmp_path: Path) -> None:
    """Also after the team's own commands changed it. The document stays."""
    ours, templates = {**DOCUMENT, "docs/api/index.html": "ours"}, {**DOCUMENT, "docs/api/index.html": "baked"}
    assert applied("api_page", tmp_path, ours, templates) == (DOCUMENT, [])


def test_a_repository_without_an_api_stays(tmp_path: Path) -> None:
    """It has no page."""
    assert applied("api_page", tmp_path, {"README.md": "ours\n"}, {}) == ({"README.md": "ours\n"}, [])

"""What the pages say that a team adds first, done word by word in a fresh repository: its check is green after it."""

import re

import pytest
from bounded_context.docs.pages import section
from bounded_context.docs.steps import steps
from test_changes import OPENAPI, Repository, installed, repository

__all__ = ["installed", "repository"]

pytestmark = pytest.mark.slow

SECTIONS = ("ask-for-many-by-a-field", "a-secret", "a-queue", "a-schedule")
MODULES = {"openapi": OPENAPI}
"""What recipes of the repository run."""

SCREEN = 60
"""Lines that a person sees at once."""


@pytest.mark.parametrize("anchor", SECTIONS)
def test_what_a_page_says_is_all_that_is_needed(anchor: str, repository: Repository) -> None:
    """No line more, and nothing to repair."""
    said = section("changing", anchor)
    assert len(said.splitlines()) <= SCREEN
    for step in steps(said, "payment"):
        step.follow(repository.folder)
    repository.make(*(MODULES[recipe] for recipe in re.findall(r"^uv run just (\w+)$", said, re.MULTILINE)))
    assert repository.check() == ""

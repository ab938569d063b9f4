"""What the pages say that a team adds first, done word by word in a fresh repository: its check is green after it."""

import re

import pytest
from bounded_context.docs.pages import section
from bounded_context.docs.steps import steps
from test_changes import CONTRACTS, OPENAPI, PICTURE, Repository, repository

__all__ = ["repository"]

pytestmark = pytest.mark.slow

SECTIONS = (
    ("a-command",),
    ("a-command", "a-status-between-two-others"),
    ("a-subscriber", "ask-for-many-by-a-field"),
    ("a-field", "a-resource-of-your-own-and-a-function-that-uses-it", "a-secret", "a-queue", "a-schedule"),
)
"""Each with those that it asks for. Where none can make up for what another one lacks, they share a check."""

FILES = {"a-field": 2, "a-command": 5}
"""How many a newcomer has to edit, at most."""

MODULES = {"contracts": (CONTRACTS, PICTURE), "openapi": (OPENAPI,)}
"""What recipes of the repository run."""

SCREEN = 60
"""Lines that a person sees at once."""


@pytest.mark.e2e
@pytest.mark.parametrize(
    "anchors",
    # It comes again before a status.
    [
        pytest.param(one, id=" ".join(one), marks=pytest.mark.nightly if one == ("a-command",) else ())
        for one in SECTIONS
    ],
)
def test_what_a_page_says_is_all_that_is_needed(anchors: tuple[str, ...], repository: Repository) -> None:
    """No line more, and nothing to repair."""
    for anchor in anchors:
        said = section("changing", anchor)
        assert len(said.strip().splitlines()) <= SCREEN
        for step in steps(said, "payment"):
            step.follow(repository.folder)
        for recipes in re.findall(r"^uv run just ([\w ]+)$", said, re.MULTILINE):
            repository.make(*(module for recipe in recipes.split() for module in MODULES[recipe]))
    assert repository.check() == ""


def test_what_is_left_out_is_named(repository: Repository) -> None:
    """In a sentence that says which file wants what."""
    handler = "src/payment/handlers/approve_payment.py"
    for anchor, left_out in (("a-field", "src/payment/events.py"), ("a-command", handler)):
        for step in steps(section("changing", anchor), "payment"):
            if step.path != left_out:
                step.follow(repository.folder)
    said = repository.promises("event or field or point")
    assert "PaymentData has no 'note', which events carry: write it in src/payment/events.py" in said
    assert f"ApprovePayment has no entry point: write {handler} with `lambda_handler =" in said
    assert "events/PaymentApproved/1.0.json is not written: run `uv run just contracts`." in said


@pytest.mark.e2e
def test_a_new_command_is_in_the_picture(repository: Repository) -> None:
    """Until it is, a promise says what to run."""
    for step in steps(section("changing", "a-command"), "payment"):
        step.follow(repository.folder)
    again = "The picture in README.md is not what the program registers: run `uv run just contracts`."
    assert again in repository.promises("triggers")
    repository.make(PICTURE)
    assert again not in repository.promises("triggers")
    readme = (repository.folder / "README.md").read_text(encoding="utf-8")
    assert '        function_approve_payment["ApprovePayment"]\n' in readme


@pytest.mark.parametrize(("anchor", "most"), FILES.items())
def test_a_newcomer_edits_few_files(anchor: str, most: int) -> None:
    """All of them named by the page."""
    assert 0 < len({step.path for step in steps(section("changing", anchor), "payment")}) <= most

"""The page of the rules has each rule."""

import os

from bounded_context_cli import docs

from .page import page
from .places import PLACES
from .rules import load


def test_the_page_is_current() -> None:
    """`WRITE_RULES=1` writes it again."""
    if os.environ.get("WRITE_RULES"):
        (docs.FOLDER / "rules.md").write_text(page(), encoding="utf-8")
    assert docs.page("rules") == page()


def test_the_page_has_each_rule_and_each_place() -> None:
    text = docs.page("rules")
    assert [rule for rule in load(PLACES) if f"| `{rule}`: " not in text] == []
    assert [name for name in PLACES if f"| {name} | " not in text] == []

"""The README's diagram of statuses, for any accepted commands; the repository's promise holds it to the library's."""

import re
from itertools import pairwise
from pathlib import Path

from conftest import Baked

from template.bake import bake

MANY = [f"Step{number:02}Payment:changes:PaymentStep{number:02}" for number in range(16)]
WORDS = ["NotePayment:changes:PaymentNote", "ScalePayment:changes:PaymentScale"]
"""What mermaid has for words of its own, as statuses."""
COMMANDS = " ".join([*WORDS, "OpenPayment:creates:PaymentOpened", *MANY, "EndPayment:deletes:PaymentEnded"])


def _arrows(readme: Path) -> list[tuple[str, ...]]:
    text = readme.read_text(encoding="utf-8")
    [block] = re.findall(r"^```mermaid\nstateDiagram-v2\n((?s:.*?))^```\n", text, re.MULTILINE)
    return re.findall(r"^    (\S+) --> (\S+): (\w+)$", block, re.MULTILINE)


def test_each_change_starts_from_the_end_of_the_previous_one(tmp_path: Path) -> None:
    """In the answer's order, wherever in it the command stands that creates."""
    arrows = _arrows(bake(tmp_path, {"commands": COMMANDS}) / "README.md")
    chain = ["is_OPENED", "is_NOTE", "is_SCALE", *(f"is_STEP{number:02}" for number in range(16))]
    changes = [(start, end) for start, end, _ in arrows if "[*]" not in (start, end)]
    assert sorted(changes) == sorted(pairwise(chain))
    assert [start for start, end, _ in arrows if end == "[*]"] == ["is_NOTE", "is_SCALE", *chain[:1], *chain[3:]]
    assert [end for start, end, _ in arrows if start == "[*]"] == ["is_OPENED"]


def test_without_a_change_it_is_there_and_gone(baked: Baked) -> None:
    """Orders are placed and cancelled."""
    placed = ("[*]", "is_PLACED", "PlaceOrder"), ("is_PLACED", "[*]", "CancelOrder")
    assert _arrows(baked("order") / "README.md") == list(placed)

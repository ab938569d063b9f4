"""The lists of the template's examples, which its page says the end of."""

import re
from pathlib import Path

import pytest

from bounded_context_local.running.context import RunningContext

from .facts import CONTEXT

EXAMPLES = Path(__file__).parents[4] / "examples"
SAID = dict(re.findall(r"^\| `(.+\.csv)` \| (imported|rejected)", (EXAMPLES / "README.md").read_text(), re.MULTILINE))
TOLERATED = set(re.findall(r"^\| `(.+\.csv)` .*tolerated_share", (EXAMPLES / "README.md").read_text(), re.MULTILINE))
"""The lists that a stack with tolerance imports, such as the stack of these tests."""

pytestmark = pytest.mark.skipif(CONTEXT.name != "payment", reason="these are lists of payments")


def test_the_page_names_every_list() -> None:
    """A list without a word on what becomes of it teaches nothing."""
    assert set(SAID) == {path.name for path in (EXAMPLES / "lists").iterdir()}


@pytest.mark.e2e
@pytest.mark.parametrize("name", SAID)
def test_lists_end_as_documented(name: str, deployed: RunningContext) -> None:
    """Each goes through the whole context; its payments get names of their own, since the lists name the same ones."""
    path = EXAMPLES / "lists" / name
    content = path.read_bytes().replace(b"pay-", f"{path.stem}-".encode())
    deployed.table.know_references(deployed.samples.references_of(content))
    ended = deployed.follow(deployed.partner.upload(name, content))
    assert ended.outcome == ("IMPORTED" if name in TOLERATED else SAID[name].upper())

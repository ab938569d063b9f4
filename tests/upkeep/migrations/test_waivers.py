"""Renamed policies in waivers."""

from __future__ import annotations

from pathlib import Path

from bounded_context.tools.policies import POLICIES
from bounded_context.tools.policies.renamed import RENAMED

from .repository import applied

TEXT = """[project]
name = "payment"

[[tool.bounded-context.waivers]]
policy = "somebody-is-told-of-dead-letters" # for now
resource = "reminders"
reason = "A person looks at this queue every day."

[[tool.bounded-context.waivers]]
policy = "data-is-encrypted"
resource = "reminders"
reason = "They hold no data at all."
"""


def test_a_waiver_names_the_policy_by_its_new_name(tmp_path: Path) -> None:
    """Everything else stays, including comments."""
    files, notes = applied("waivers", tmp_path, {"pyproject.toml": TEXT})
    expected = TEXT.replace("somebody-is-told-of-dead-letters", "dead-letters-have-alarms")
    assert (files["pyproject.toml"], notes) == (expected, [])


def test_a_file_without_waivers_stays(tmp_path: Path) -> None:
    """It has other tables."""
    text = '[project]\nname = "payment"\n'
    assert applied("waivers", tmp_path, {"pyproject.toml": text}) == ({"pyproject.toml": text}, [])


def test_each_new_name_is_a_policy_and_no_old_name_is() -> None:
    """The table has no chains."""
    names = {policy.name for policy in POLICIES}
    assert set(RENAMED.values()) - names == set()
    assert set(RENAMED) & names == set()

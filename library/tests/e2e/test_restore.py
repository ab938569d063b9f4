"""A restore on the embedded AWS: real functions, a real stream, real subscribers; the backup is a stand-in's."""

import pytest

from bounded_context.tools.local.rehearsal.restoring import Restoring
from bounded_context.tools.local.run.screen import Screen
from bounded_context.tools.local.running.context import RunningContext

pytestmark = pytest.mark.e2e


def test_what_a_bad_release_damaged_is_as_before_everywhere(deployed: RunningContext) -> None:
    """In the table, for each subscriber, and in the list's record."""
    restored = Restoring(deployed, Screen(quiet=True)).perform(600)
    assert restored.problems() == []
    assert restored.differences == 0

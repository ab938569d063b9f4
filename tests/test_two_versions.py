"""A version and the one after it answer at once, in both directions: nothing is lost, and nothing fails."""

from pathlib import Path

import pytest
from two_versions.played import played

pytestmark = [pytest.mark.e2e, pytest.mark.nightly]


def test_payments_and_lists_outlive_the_change_of_versions_and_its_way_back(tmp_path: Path) -> None:
    """A field more, a status more, a command more; the full size is `python -m tests.two_versions`."""
    report = played(tmp_path, payments=6, lists=6)
    assert report["problems"] == []
    assert (report["payments"], report["lists"]) == (36, 6)
    assert report["events"]["PaymentSettled"] > 0
    assert report["events"]["PaymentDeleted"] > 0

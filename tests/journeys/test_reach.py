"""The journey of an insurance context to its partners and analysts, with children, reactions, deadlines and a rename.

The requests before are those of `test_claim`, which checks each of them alone.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from . import claim_reach, claim_releases
from .journey import Journey
from .test_claim import ANSWERS
from .test_claim import REQUESTS as CLAIM

BEFORE = CLAIM[: CLAIM.index(claim_releases.a_rename) + 1]
REQUESTS = (claim_reach.a_daily_file, claim_reach.workbooks, claim_reach.analysts, claim_reach.an_end_of_a_query)
COMMANDS = ("check", "cost", "permissions exports prod 111122223333", "docs exports", "partner-kit prod")
"""The commands that know the new members too."""


class Basis(Journey):
    """A journey whose requests are checked at its end only."""

    def done(self, title: str, behaviour: str) -> None:  # noqa: ARG002 (no effort is printed)
        """End a request: repair the style."""
        self._behaviours.append(behaviour)
        self.context("fix")

    def continued(self) -> Journey:
        """Return the journey of further requests."""
        return Journey(self.folder, _behaviours=self._behaviours)


@pytest.mark.e2e
@pytest.mark.nightly
def test_files_workbooks_archives_and_deprecations_work_together(tmp_path: Path) -> None:
    """After each request the check is green; at the end, all behaviours hold in one run, also after a lost region."""
    basis = Basis.of(tmp_path, ANSWERS)
    for request in BEFORE:
        request(basis)
    journey = basis.continued()
    for request in REQUESTS:
        request(journey)
    journey.context(*COMMANDS)
    journey.end()
    journey.context("rehearse region")

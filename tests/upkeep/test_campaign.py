"""``template fleet update`` with the real merge and the repository's own commands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from template.library import VERSION

from .edits import all_edits
from .team import BakedBy
from .test_update import EARLIER

BRANCH = f"template-{VERSION}"


@pytest.mark.nightly
def test_a_campaign_that_is_killed_ends_with_a_branch_that_passes(baked_by: BakedBy, tmp_path: Path) -> None:
    """The clone is undisturbed, and the remote has one commit more."""
    team, remote = baked_by(EARLIER[-1]), tmp_path / "remote"
    all_edits(team)
    main = team.git("branch", "--show-current").strip()
    team.git("init", "--quiet", "--bare", f"--initial-branch={main}", str(remote))
    team.git("remote", "add", "origin", str(remote))
    team.git("push", "--quiet", "origin", "HEAD")
    before = team.everything()
    command = [sys.executable, "-m", "template", "fleet", "update", str(team.folder.parent), "--branches"]
    for seconds in (2, 5, 8, 12, 20):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as campaign:
            try:
                campaign.wait(seconds)
            except subprocess.TimeoutExpired:
                campaign.kill()
        assert team.git("fsck", "--full", "--no-dangling") == ""
        assert team.everything() == before
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert team.git("rev-list", "--count", f"HEAD..origin/{BRANCH}") == "1\n"
    assert team.git("show", f"origin/{BRANCH}:uv.lock")
    assert (team.everything(), team.status()) == (before, {})

"""The stack `local` has no endpoints."""

from __future__ import annotations

from pathlib import Path

from .repository import applied

SETTINGS = "infra/service/Pulumi.local.yaml"
STEP = "v0_5_0.local_stack"
OWN = "  order:tolerated_share: 0.05\n"
REGION = "  aws:region: eu-west-1\n"
BAKED = (
    "  # The emulator for `pulumi up --stack local`. The local run sets its own port instead.\n"
    f"{REGION}  aws:accessKey: test\n  aws:secretKey: test\n  aws:s3UsePathStyle: true\n"
    "  aws:endpoints:\n    - dynamodb: http://127.0.0.1:4566\n      sqs: http://127.0.0.1:4566\n"
)
REST = "  order:artifacts: ../../build/local\n"


def test_settings_around_the_emulator_stay(tmp_path: Path) -> None:
    """A merge alone would report a conflict between the team's setting and the removed lines."""
    files, notes = applied(STEP, tmp_path, {SETTINGS: f"config:\n{OWN}{BAKED}{REST}"})
    assert (files[SETTINGS], notes) == (f"config:\n{OWN}{REGION}{REST}", [])


def test_an_emulator_of_the_team_stays(tmp_path: Path) -> None:
    """The merge then reports the conflict."""
    before = {SETTINGS: "config:\n" + BAKED.replace("4566", "4510") + REST}
    assert applied(STEP, tmp_path, before) == (before, [])

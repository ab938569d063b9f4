"""The lines of a rollout in a log."""

import pytest

from bounded_context_operations.release.rollout.releases import ReleasedPart
from bounded_context_operations.release.rollout.status import RolloutScreen


def test_a_log_has_the_changes_only(capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each state of a part that moves; the parts that do not move are counted once."""
    moves, *others = [ReleasedPart(name, name, before="1", live="1") for name in ("a", "b", "c")]
    screen = RolloutScreen(as_json=False)
    screen.show([moves, *others])
    for part in others:
        part.finish("up to date")
    for doing in ("creating", "creating", "shifting"):
        moves.target, moves.doing = "2", doing
        screen.show([moves, *others])
    lines = ["up to date: 2 of 3 parts", "a 1 -> 2: creating", "a 1 -> 2: shifting"]
    assert sorted(capsys.readouterr().err.splitlines()) == sorted(lines)

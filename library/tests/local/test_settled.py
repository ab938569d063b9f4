"""Waiting for what functions measure at the end of a run."""

from typing import Any

import pytest

from bounded_context.tools.local import observations
from bounded_context.tools.local.observation.samples import Sample


def _samples(own: int, aws: int) -> list[Sample]:
    names = ["ours"] * own + ["AWS/SQS"] * aws
    return [Sample(namespace, "Done", {}, "Count", 0.0, 1.0) for namespace in names]


class _Growing:
    """Finds more each time."""

    def __init__(self, *own: int) -> None:
        self.own = [*own]
        self.looks = 0

    def __call__(self, _: Any) -> Any:
        own = self.own[min(self.looks, len(self.own) - 1)]
        self.looks += 1
        return type("Found", (), {"samples": _samples(own, self.looks)})()


def test_it_waits_until_our_own_are_all_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is measured of AWS meanwhile."""
    monkeypatch.setattr(observations, "collect", growing := _Growing(1, 2, 5, 5, 6))
    assert len(observations.settled(object(), quiet=0.001)) == 5 + 4  # pyright: ignore[reportArgumentType]
    assert growing.looks == 4


def test_it_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observations, "collect", _Growing(*range(1, 10_000)))
    assert observations.settled(object(), quiet=0.001, longest=0.02)  # pyright: ignore[reportArgumentType]

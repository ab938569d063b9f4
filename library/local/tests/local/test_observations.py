"""Waiting for the functions' metrics at the end of a run."""

from typing import Any

import pytest

from bounded_context_local.observation.logs import Sample
from bounded_context_local.running import context


def _samples(own: int, aws: int) -> list[Sample]:
    names = ["ours"] * own + ["AWS/SQS"] * aws
    return [Sample(namespace, "Done", {}, "Count", 0.0, 1.0) for namespace in names]


class _Growing:
    """A collection with more samples at each call."""

    def __init__(self, *own: int) -> None:
        self.own = [*own]
        self.calls = 0

    def __call__(self, _: Any) -> Any:
        own = self.own[min(self.calls, len(self.own) - 1)]
        self.calls += 1
        return type("Found", (), {"samples": _samples(own, self.calls)})()


def test_the_run_waits_until_the_context_s_own_metrics_stay_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS's metrics change all the time."""
    monkeypatch.setattr(context, "collect", growing := _Growing(1, 2, 5, 5, 6))
    assert len(context.settled(object(), quiet=0.001)) == 5 + 4  # pyrefly: ignore[bad-argument-type] (the stand-in ignores the run)
    assert growing.calls == 4


def test_the_run_waits_for_a_limited_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "collect", _Growing(*range(1, 10_000)))
    assert context.settled(object(), quiet=0.001, longest=0.02)  # pyrefly: ignore[bad-argument-type] (the stand-in ignores the run)

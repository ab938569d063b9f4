"""The watch over lists that are under way."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from bounded_context import aws
from bounded_context.handlers.watch_lists import lambda_handler
from tests.emf import totals
from tests.handlers.conftest import LambdaContext

OLDEST = ("OldestUnfinishedListAge",)


def _under_way(monkeypatch: pytest.MonkeyPatch, started: datetime | None) -> None:
    monkeypatch.setattr(aws, "executions", lambda: SimpleNamespace(oldest_start=lambda: started))


def test_the_age_of_the_oldest_list_is_told(
    context: LambdaContext, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """In seconds."""
    _under_way(monkeypatch, datetime.now(UTC) - timedelta(hours=1))
    answer = lambda_handler({}, context)
    assert answer["seconds"] == pytest.approx(3600, abs=5)
    assert totals(capsys.readouterr().out) == {OLDEST: answer["seconds"]}


@pytest.mark.parametrize("started", [None, datetime.now(UTC) + timedelta(hours=1)])
def test_without_a_list_under_way_the_age_is_none_and_told(
    started: datetime | None,
    context: LambdaContext,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    """An alarm can tell that nothing is late from that nobody looks; clocks that differ make no negative age."""
    _under_way(monkeypatch, started)
    lambda_handler({}, context)
    assert totals(capsys.readouterr().out) == {OLDEST: 0}

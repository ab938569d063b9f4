"""The watch over event source mappings in a context without lists."""

from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from bounded_context import aws
from bounded_context.adapters.services import Failing
from bounded_context.handlers.watch_mappings import lambda_handler
from tests.emf import totals
from tests.handlers.conftest import LambdaContext


@pytest.mark.parametrize("failing", [[], ["relay_events"], ["relay_events", "on_event"]])
def test_mappings_that_fail_are_counted(
    failing: list[str],
    context: LambdaContext,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    """Those of the relay and of other contexts' events; no list is measured."""

    def failing_mappings(functions: Sequence[str]) -> list[Failing]:
        return [Failing(function, "Disabled") for function in functions if function in failing]

    monkeypatch.setattr(aws, "event_sources", lambda: SimpleNamespace(failing=failing_mappings))
    assert lambda_handler({}, context) == {"mappings": len(failing)}
    assert totals(capsys.readouterr().out) == {("EventSourceMappingsFailing",): len(failing)}

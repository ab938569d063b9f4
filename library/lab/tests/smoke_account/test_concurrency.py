"""Whether an account has the concurrent executions that a stack needs."""

from typing import Any

import pytest

from bounded_context_cli.command.aws_errors import Refusal
from tests.smoke_account.conftest import Place

pytestmark = pytest.mark.usefixtures("aws", "cli")

DEFAULT = 62
"""The relay with ten batches of each of the new table's four shards, twenty children of the import, two other calls."""


def _check(place: Place, monkeypatch: pytest.MonkeyPatch, total: int, free: int | None = None) -> str:
    """What the check says, or why it refuses; `free` is what no function of the account has reserved."""
    account = place.account()
    limit = {"ConcurrentExecutions": total, "UnreservedConcurrentExecutions": total if free is None else free}
    call = account.aws.call

    def answered(service: str, operation: str, **parameters: object) -> dict[str, Any]:
        limits_call = operation == "get_account_settings"
        return {"AccountLimit": limit} if limits_call else call(service, operation, **parameters)

    monkeypatch.setattr(account.aws, "call", answered)
    try:
        return account.check()
    except Refusal as refused:
        return str(refused)


def _refused(said: str) -> bool:
    return not said.startswith("account ")


@pytest.mark.parametrize(("total", "refused"), [(10, True), (DEFAULT - 1, True), (DEFAULT, False), (1000, False)])
def test_an_account_with_too_few_executions_is_refused(
    place: Place, monkeypatch: pytest.MonkeyPatch, total: int, refused: bool
) -> None:
    """With both numbers, the quota to raise, and the settings to lower."""
    said = _check(place, monkeypatch, total)
    assert _refused(said) == refused
    if refused:
        for word in (str(total), str(DEFAULT), "Concurrent executions", "stream_parallelization_factor"):
            assert word in said


@pytest.mark.parametrize(
    ("small", "refused"),
    [
        ({"stream_parallelization_factor": 1, "import_concurrency": 1}, False),
        ({"stream_parallelization_factor": 1}, True),
        ({"import_concurrency": 1}, True),
        ({"stream_parallelization_factor": 1, "import_concurrency": 1, "verification_concurrency": 20}, True),
    ],
)
def test_a_new_account_accepts_a_stack_with_small_settings(
    place: Place, monkeypatch: pytest.MonkeyPatch, small: dict[str, int], refused: bool
) -> None:
    """Ten executions are enough only for one batch of a shard and one child of an import at a time."""
    place.set(**small)
    assert _refused(_check(place, monkeypatch, 10)) == refused


def test_executions_that_other_functions_have_reserved_do_not_count(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody else may use them."""
    assert _refused(_check(place, monkeypatch, 1000, free=DEFAULT - 1))


@pytest.mark.parametrize(("free", "refused"), [(109, True), (110, False)])
def test_a_hundred_executions_must_stay_unreserved(
    place: Place, monkeypatch: pytest.MonkeyPatch, free: int, refused: bool
) -> None:
    """AWS takes no reservation that leaves fewer."""
    place.set(reserved_concurrency={"relay_events": 10})
    assert _refused(_check(place, monkeypatch, 1000, free)) == refused


def test_reserved_concurrency_counts_as_needed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what the function does not use."""
    place.set(reserved_concurrency={"relay_events": 500})
    assert "522" in _check(place, monkeypatch, 521)


def test_consumed_events_need_executions_too(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten batches of the queue at a time."""
    place.set(consumes={"other": {"topic": "/other/dev/topic-arn", "created_by": ["A"]}})
    assert _refused(_check(place, monkeypatch, DEFAULT + 9))
    assert not _refused(_check(place, monkeypatch, DEFAULT + 10))


def test_bad_settings_are_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the words of the program that would refuse them."""
    place.set(stream_parallelization_factor=11)
    assert "stream_parallelization_factor" in _check(place, monkeypatch, 1000)

"""Whatever fails, a message is in the dead letters, at its destination, or in both."""

import signal
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from botocore.exceptions import ReadTimeoutError
from hypothesis import given, settings
from hypothesis import strategies as st

from bounded_context_operations.repair.redrive.messages import QueueReader, SubscriberRoute
from bounded_context_operations.repair.redrive.run import RedriveRun, Selection
from tests.redrive.clients import Queues
from tests.redrive.conftest import INBOX, ONE
from tests.rollout.clients import FakeClock, error

FATES = ("well", "refused", "lost on the way there", "lost on the way back", "the machine dies")
CALLS = ("receive_message", "send_message", "delete_message", "change_message_visibility_batch")


class Died(BaseException):
    """The process ends in the middle of a call."""


class Clumsy(Queues):
    """Queues of which every call has its own fate."""

    def __init__(self, clock: FakeClock, fates: Iterator[str]) -> None:
        super().__init__(clock)
        self._fates = fates

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = super().__getattr__(name)
        return (lambda **parameters: self._try(call, name, parameters)) if name in CALLS else call

    def _try(self, call: Callable[..., Any], name: str, parameters: dict[str, Any]) -> Any:
        fate = next(self._fates, "well")
        if fate == "refused":
            raise error(name, "AccessDenied")
        if fate == "lost on the way there":
            raise ReadTimeoutError(endpoint_url="https://sqs")
        answer = call(**parameters)
        if fate == "lost on the way back":
            raise ReadTimeoutError(endpoint_url="https://sqs")
        if fate == "the machine dies":
            raise Died
        return answer


@settings(max_examples=150, deadline=None)
@given(
    messages=st.integers(1, 25),
    fates=st.lists(st.sampled_from(FATES), max_size=80),
    most=st.none() | st.integers(1, 25),
    stops_after=st.none() | st.integers(0, 25),
)
def test_no_message_is_lost(messages: int, fates: list[str], most: int | None, stops_after: int | None):
    """Every one is somewhere; what the report calls done has arrived; what is left can be received again."""
    clock = FakeClock()
    queues = Clumsy(clock, iter(fates))
    bodies = {f"message {number}" for number in range(messages)}
    for body in bodies:
        queues.put(ONE, body)
    client: Any = queues
    route = SubscriberRoute(client, INBOX)
    run = RedriveRun(QueueReader(client, ONE, clock), route, Selection(), clock, most=most, rate=1000)
    seen: list[None] = []
    try:
        run.redrive(lambda: len(seen) == stops_after, lambda: seen.append(None))
    except (Died, ReadTimeoutError, type(error("", ""))):
        pass
    here, there = set(queues.bodies(ONE)), set(queues.bodies(INBOX))
    assert here | there == bodies
    assert len(there) >= run.report.redriven
    assert len(queues.bodies(INBOX)) == len(there), "sent twice within one run"
    clock.sleep(timedelta(minutes=15).total_seconds())
    assert queues.hidden(ONE) == 0


def test_a_signal_ends_it_between_two_messages(stack: Any):
    """The message in hand is delivered and deleted; the rest is visible again, and the report is shown."""
    for number in (signal.SIGINT, signal.SIGTERM):
        for _ in range(15):
            stack.queues.put(ONE, "{}")
        stack.queues.meanwhile["send_message"] = lambda number=number: signal.raise_signal(number)
        ran = stack.redrive("one", "--go")
        assert (ran.status, ran.report["result"], ran.report["redriven"]) == (130, "interrupted", 1)
        assert stack.queues.hidden(ONE) == 0
    assert (len(stack.queues.bodies(ONE)), len(stack.queues.bodies(INBOX))) == (28, 2)


def test_a_signal_ends_a_look_and_puts_everything_back(stack: Any):
    """uv passes the terminal's Ctrl-C on, so it comes twice."""

    def twice() -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    for _ in range(15):
        stack.queues.put(ONE, "{}")
    stack.queues.meanwhile["receive_message"] = twice
    ran = stack.redrive("one")
    assert (ran.status, ran.report["more"], stack.queues.hidden(ONE)) == (130, True, 0)


def test_a_signal_before_any_change_ends_the_command_at_once(stack: Any):
    """The command holds no message yet."""
    stack.metrics.meanwhile["get_metric_data"] = lambda: signal.raise_signal(signal.SIGINT)
    status, out, err = stack.say()
    assert (status, out) == (130, "")
    assert err.startswith("Error: Interrupted")
    assert len(err.splitlines()) == 1

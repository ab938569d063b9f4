"""The scheduler: virtual time, deadlines, faults, and activities that never end."""

import pytest

from .profile import Profile
from .scheduler import Endless, Scheduler


def test_the_clock_advances_to_the_next_activity():
    scheduler, woken = Scheduler(0, Profile()), list[float]()

    def work(seconds: float) -> None:
        scheduler.sleep(seconds)
        woken.append(scheduler.clock)

    for seconds in (5.0, 3.0):
        scheduler.spawn("sleeper", lambda seconds=seconds: work(seconds))
    scheduler.run()
    assert woken == [3.0, 5.0]


def test_an_invocation_does_nothing_after_its_deadline():
    scheduler, calls = Scheduler(0, Profile()), list[str]()

    def work() -> None:
        scheduler.call("service.First", lambda: calls.append("first"))
        scheduler.sleep(20)
        scheduler.call("service.Second", lambda: calls.append("second"))

    invocation = scheduler.spawn("invocation", work, deadline=10.0, function="f")
    scheduler.run()
    assert (calls, invocation.dead, scheduler.clock) == (["first"], "timeout", 10.0)


@pytest.mark.parametrize(("kind", "effects"), [("killed-before", 0), ("killed-after", 1), ("in-flight", 1)])
def test_an_invocation_that_is_killed_returns_nothing(kind: str, effects: int):
    scheduler, calls = Scheduler(0, Profile(faults={kind: 1.0}, budget=1)), list[int]()

    def work() -> str:
        scheduler.call("service.Write", lambda: calls.append(1))
        return "answer"

    invocation = scheduler.spawn("invocation", work, function="f")
    scheduler.run()
    assert (len(calls), invocation.dead, invocation.result) == (effects, "killed", None)


def test_activities_that_wait_for_each_other_are_reported():
    scheduler = Scheduler(0, Profile())
    scheduler.spawn("waiting", scheduler.rest)
    with pytest.raises(Endless):
        scheduler.run()
    scheduler.end()


def test_an_activity_waits_for_a_call_of_another_one():
    scheduler, order = Scheduler(0, Profile()), list[str]()

    def waiting() -> None:
        scheduler.wait_for("Write", 30)
        order.append("woken")

    def writing() -> None:
        scheduler.sleep(1)
        scheduler.call("service.Write", lambda: order.append("written"))

    scheduler.spawn("waiting", waiting)
    scheduler.spawn("writing", writing)
    scheduler.run()
    assert (order, scheduler.clock < 2) == (["written", "woken"], True)

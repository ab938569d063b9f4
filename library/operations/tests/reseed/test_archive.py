"""A reseed of an archive sends each aggregate's event to its stream."""

from tests.reseed.conftest import Reseeding
from tests.reseed.world import World


def test_each_aggregate_gets_an_event_in_the_stream(world: World, reseed: Reseeding) -> None:
    """The queue of another subscriber gets none."""
    for number in range(1, 26):
        world.create(number)
    ran = reseed("--go", to="archive")
    assert (ran.status, ran.report["result"], ran.report["sent"]) == (0, "done", 25)
    assert {event["subject"] for event in world.archived} == {key.partition("#")[2] for key in world.items}
    assert world.sent == []


def test_a_refused_record_is_sent_again_and_alone(world: World, reseed: Reseeding) -> None:
    """No record is lost, and no accepted record is repeated."""
    for number in range(1, 26):
        world.create(number)
    refusals = iter([True, False, True, *[False] * 100])
    world.refused = lambda: next(refusals)
    assert reseed("--go", to="archive").report["result"] == "done"
    ids = [event["id"] for event in world.archived]
    assert len(ids) == len({*ids}) == 25


def test_a_stream_that_refuses_stops_the_run(world: World, reseed: Reseeding) -> None:
    """With the stream's name and the reason; the next run continues."""
    world.create(1)
    world.refused = lambda: True
    ran = reseed("--go", to="archive")
    assert ran.status == 1
    assert "-archive-archive refused 1 messages (ServiceUnavailableException)" in ran.report["stopped"]
    world.refused = lambda: False
    assert reseed("--go", to="archive").report["result"] == "done"


def test_an_unknown_subscriber_is_refused_with_all_names(reseed: Reseeding) -> None:
    """Queues and archives."""
    ran = reseed(to="nobody")
    assert ran.status == 2
    assert "has no subscriber 'nobody': name one of bi, other, archive." in ran.report["why"]

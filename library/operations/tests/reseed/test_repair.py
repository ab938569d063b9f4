"""A stack that a repair has paused: the plan shows the repair, and no event is sent."""

from tests.repairs import AT, exits, item
from tests.reseed.conftest import Reseeding
from tests.reseed.world import World
from tests.rollout.clients import error


def test_no_event_is_sent_during_a_repair(world: World, reseed: Reseeding) -> None:
    """The subscriber would get a state that the repair replaces."""
    world.create(1)
    world.items["RESTORE-RUN#"] = item(world.clock.now())
    looked = reseed()
    assert (looked.status, looked.report["result"], looked.report["repair"]["at"]) == (0, "looked", AT)
    ran = reseed("--go")
    assert (ran.status, ran.report["result"], world.sent) == (2, "refused", [])
    assert exits(ran.report["why"]) == [ran.report["repair"]["continues"], ran.report["repair"]["ends"]]
    del world.items["RESTORE-RUN#"]
    assert (reseed("--go").status, len(world.sent)) == (0, 1)


def test_no_event_is_sent_while_the_record_is_unknown(world: World, reseed: Reseeding) -> None:
    """The role may read the table, so no earlier policy explains the error."""
    world.create(1)
    world.services["dynamodb"].before["get_item"] = [error("GetItem", "AccessDeniedException", "no")] * 2
    assert (reseed().status, reseed("--go").status, world.sent) == (0, 2, [])

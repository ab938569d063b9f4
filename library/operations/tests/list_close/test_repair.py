"""A stack that a repair has paused: the list is shown with the repair, and stays open."""

from bounded_context.testing.functions import TABLE
from tests.erase.conftest import SAMPLES
from tests.list_close.conftest import Stack
from tests.repairs import AT, exits, item


def test_a_list_stays_open_during_a_repair(stack: Stack) -> None:
    """Both would write its rows and its record."""
    stack.upload("january.csv", SAMPLES.file([SAMPLES.values(1)]))
    list_id = stack.register("january.csv")["list_id"]
    stack.dynamodb.put_item(TableName=TABLE, Item=item(stack.clock.now()))
    looked = stack.list_close(list_id)
    assert (looked.status, looked.report["result"], looked.report["repair"]["at"]) == (0, "looked", AT)
    ran = stack.list_close(list_id, "--go")
    assert (ran.status, ran.report["result"], stack.record(list_id).closed) == (2, "refused", False)
    assert exits(ran.report["why"]) == [ran.report["repair"]["continues"], ran.report["repair"]["ends"]]

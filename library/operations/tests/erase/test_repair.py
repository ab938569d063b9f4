"""A stack that a repair has paused: the search shows the repair, and nothing is erased."""

from payment.context import PAYMENT

from bounded_context.testing.functions import TABLE
from tests.erase.conftest import NAME, PERSON, Stack
from tests.repairs import AT, exits, item


def test_an_erasure_during_a_repair_is_refused(empty: Stack) -> None:
    """The repair would write the data again, from its second table."""
    person = {"pk": {"S": PAYMENT.key_prefix + PERSON}, "payer": {"S": NAME}}
    empty.dynamodb.put_item(TableName=TABLE, Item=person)
    empty.dynamodb.put_item(TableName=TABLE, Item=item(empty.clock.now()))
    looked = empty.erase()
    assert (looked.report["result"], looked.report["repair"]["at"]) == ("looked", AT)
    ran = empty.erase("--go")
    assert (ran.status, ran.report["result"]) == (2, "refused")
    assert exits(ran.report["why"]) == [ran.report["repair"]["continues"], ran.report["repair"]["ends"]]
    assert empty.item()

"""The whole context on this machine: what a partner sends, what a caller asks, and what subscribers hear of it."""

from collections import Counter

from bounded_context.testing.running import Running


def test_a_list_of_payments(running: Running):
    """It is imported, and every subscriber hears of each row and of the list."""
    done = running.upload(running.rows(30))
    assert (done.outcome, running.list_item(done.list_id)["status"]) == ("IMPORTED", "IMPORTED")
    told = {
        "PaymentRegistered": 30,
        "PaymentListImported": 1,
    }
    for events in done.events.values():
        assert Counter(event["type"] for event in events) == told


def test_register_payment(running: Running):
    """Every subscriber hears of it."""
    [details] = running.rows(1)
    assert running.invoke("register_payment", details)["ok"]
    for events in running.events(details["payment_id"]).values():
        assert [event["type"] for event in events] == ["PaymentRegistered"]

"""End-to-end tests on the embedded AWS: a list, a command, and the events of both."""

from collections import Counter

from bounded_context_local.testing.running import Running


def test_a_list_of_payments(running: Running):
    """Each subscriber receives an event for each row and for the list."""
    done = running.upload(running.rows(30))
    assert (done.outcome, running.list_item(done.list_id)["status"]) == ("IMPORTED", "IMPORTED")
    expected = {
        "PaymentRegistered": 30,
        "PaymentListImported": 1,
    }
    for events in done.events.values():
        assert Counter(event["type"] for event in events) == expected


def test_register_payment(running: Running):
    """Each subscriber receives the event."""
    [details] = running.rows(1)
    assert running.invoke("register_payment", details)["ok"]
    for events in running.events(details["payment_id"]).values():
        assert [event["type"] for event in events] == ["PaymentRegistered"]

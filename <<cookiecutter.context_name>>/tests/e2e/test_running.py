"""End-to-end tests on the embedded AWS: <% if cookiecutter.lists != "none" %>a list, a command, and the events of both<% else %>a command and its events<% endif %>."""

<% if cookiecutter.lists != "none" %>
from collections import Counter

<% endif %>
from bounded_context_local.testing.running import Running


<% if cookiecutter.lists != "none" %>
def test_a_list_of_<<cookiecutter.__plural_snake>>(running: Running):
    """Each subscriber receives an event for each row and for the list."""
    done = running.upload(running.rows(30))
    assert (done.outcome, running.list_item(done.list_id)["status"]) == ("IMPORTED", "IMPORTED")
    expected = {
        "<<(cookiecutter.commands | creates).event>>": 30,
        "<<cookiecutter.context_name>>ListImported": 1,
    }
    for events in done.events.values():
        assert Counter(event["type"] for event in events) == expected


<% endif %>
def test_<<(cookiecutter.commands | creates).snake>>(running: Running):
    """Each subscriber receives the event."""
    [details] = running.rows(1)
    assert running.invoke("<<(cookiecutter.commands | creates).snake>>", details)["ok"]
    for events in running.events(details["<<cookiecutter.__package>>_id"]).values():
        assert [event["type"] for event in events] == ["<<(cookiecutter.commands | creates).event>>"]

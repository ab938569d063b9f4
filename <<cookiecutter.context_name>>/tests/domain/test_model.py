"""How the aggregate changes, and what its events say."""

import pytest

from <<cookiecutter.__package>>.domain import events
from <<cookiecutter.__package>>.domain.model import IllegalMove, Status

from tests import samples


def test_a_change_makes_the_next_version():
    """Versions count changes; the details stay."""
    before = samples.<<cookiecutter.__package>>()
    for status in set(Status) - {before.status}:
        after = before.moved_to(status)
        assert (after.status, after.version, after.details) == (status, 2, before.details)


def test_a_change_that_changes_nothing_is_refused():
    """An event for it would be a lie."""
    with pytest.raises(IllegalMove, match="already"):
        samples.<<cookiecutter.__package>>().moved_to(events.FIRST)


def test_every_status_has_its_event():
    """The relay can name what happened, whatever happened."""
    assert set(events.REACHED) == set(Status)


def test_an_event_carries_the_aggregate_as_json_values():
    """Subscribers read text where precision matters."""
    sample = samples.<<cookiecutter.__package>>(3, list_id="l-1")
    payload = events.payload(sample)
    assert payload == sample.details.model_dump(mode="json") | {"status": events.FIRST, "version": 1, "list_id": "l-1"}

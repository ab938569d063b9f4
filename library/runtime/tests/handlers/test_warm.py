"""A warm function: a call leaves nothing behind that a later call has to carry."""

from collections import Counter
from typing import Any

import pytest
from botocore.hooks import EventAliaser

from tests.handlers.functions import CHANGE, GET, ID
from tests.handlers.requests import create, send


@pytest.mark.usefixtures("function")
def test_a_call_adds_no_hook_to_the_clients_of_a_warm_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each hook runs in every later request: the CPU time of a call would grow with the number of calls."""
    added = Counter[str]()
    register = EventAliaser.register

    def counted(events: EventAliaser, event_name: str, *arguments: Any, **named: Any) -> None:
        added[event_name] += 1
        register(events, event_name, *arguments, **named)

    def calls(number: int) -> None:
        created = create(number, key=f"key-{number}")
        send(CHANGE, identity=created.body[ID], headers={"idempotency-key": f"change-{number}"})
        send(GET, identity=created.body[ID])

    calls(1)
    monkeypatch.setattr(EventAliaser, "register", counted)
    calls(2)
    assert added == {}

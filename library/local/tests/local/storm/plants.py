"""Faults of the code, each of which a fault of the storm has to find."""

from typing import Final, NamedTuple


class Plant(NamedTuple):
    """A fault of the code: the fault of the storm that finds it, the function, and a changed line of a file."""

    fault: str
    function: str
    file: str
    before: str
    after: str


PLANTS: Final = {
    "a refused event counts as published": Plant(
        "refuse:fanout",
        "relay_events",
        "adapters/services.py",
        'return {int(failed["Id"]) for failed in patiently(send, is_throttling).get("Failed", [])}',
        "return set() if patiently(send, is_throttling) else set()",
    ),
    "a throttled batch counts as published": Plant(
        "throttle:fanout",
        "relay_events",
        "adapters/services.py",
        "return set(range(part.start, len(entries)))",
        "return set()",
    ),
    "an unreadable change is skipped": Plant(
        "spoil:relay-events-stream",
        "relay_events",
        "handlers/relay_events.py",
        "failed = unreadable if refused is None else refused",
        "failed = refused",
    ),
    "a malformed event is discarded": Plant(
        "spoil:inbound-queue",
        "on_event",
        "handlers/inbound.py",
        "self.dead_letters().bury(record.body, attributes, poison.reason)",
        "pass",
    ),
    "a throttled row counts as written": Plant(
        "refuse:table",
        "import_list",
        "adapters/dynamodb_bulk.py",
        "if error not in _INSERTS_PASSING:",
        "if True:",
    ),
}

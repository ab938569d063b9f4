"""An erasure on the embedded AWS: the real command, table, stream, buckets and queues."""

import json
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from bounded_context.declaration.structure import Structure
from bounded_context_cli.command.operation import Access
from bounded_context_local.provider.program import STACK
from bounded_context_local.running.context import RunningContext
from tests.console import context

from .facts import CONTEXT, ID
from .lists import Sample, import_list

pytestmark = pytest.mark.e2e
SECONDS = 30.0


@pytest.mark.nightly
def test_a_person_is_erased_from_every_store_and_subscribers_get_the_request(
    deployed: RunningContext, sample: Callable[[int], Sample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The events of the erasure have no personal data. The other rows of the list stay in the table."""
    field = next(name for name in CONTEXT.fields_of("text") if name not in CONTEXT.references)
    monkeypatch.setattr(Structure, "personal", property(lambda _: {field: "erased"}))
    result = import_list(deployed, sample(3), expected=4)
    [person, other, *_] = [item[ID] for item in deployed.table.imported_items(result.list_id)]
    assert _erase(deployed, tmp_path, person)["result"] == "looked"
    report = _erase(deployed, tmp_path, person, "--go")
    counts = {entry["store"]: entry["found"] for entry in report["stores"]}
    assert (report["result"], counts["table"], counts["incoming"], counts["staging"] > 0) == ("erased", 1, 1, True)
    assert deployed.table.item_of(person) is None
    assert deployed.table.item_of(other)
    for subscriber in deployed.subscribers:
        _until(lambda subscriber=subscriber: len(_erasures(subscriber.of_list(result.list_id), person)) == 2)
        events = _erasures(subscriber.of_list(result.list_id), person)
        assert {event["data"][field] for event in events} == {"erased"}
        assert CONTEXT.deletion_event in {event["type"] for event in events}
    assert _erase(deployed, tmp_path, person, "--go")["result"] == "erased"


def _erase(deployed: RunningContext, folder: Path, identity: str, *more: str) -> dict[str, Any]:
    outputs, printed = folder / "outputs.json", StringIO()
    outputs.write_text(json.dumps(dict(deployed.outputs)))
    access = Access(lambda _: lambda service, **_: deployed.aws.client(service))
    with redirect_stdout(printed):
        context("erase", STACK, identity, *more, "--outputs", str(outputs), "--json", access=access)
    return json.loads(printed.getvalue())


def _erasures(events: list[dict[str, Any]], subject: str) -> list[dict[str, Any]]:
    return [event for event in events if event["subject"] == subject and event.get("erasure")]


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)

"""Events of other contexts in a repository's tests: the promise about them, and the samples for a team's own tests."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bounded_context_cli.promises import PROMISES, Repository
from bounded_context_cli.testing import ConsumedEvents, Unpublished
from bounded_context_infra.configuration.project import Project, current

STACK = "infra/service/Pulumi.prod.yaml"
CONSUMES = """\
  payment:consumes:
    payment:
      topic: /payment/other/topic-arn
      aggregate: bill
      created_by: [PaymentRegistered]
      deleted_by: [PaymentDeleted]
"""
[PROMISE] = (promise for promise in PROMISES if promise.name == "consumed-events-are-read")

Fault = Callable[[dict[str, Any], dict[str, Any]], object]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository that consumes events, with a copy of their schemas and samples."""
    own = current().root
    (tmp_path / STACK).parent.mkdir(parents=True)
    (tmp_path / STACK).write_text((own / STACK).read_text(encoding="utf-8") + CONSUMES, encoding="utf-8")
    for name in ("events", "released"):
        shutil.copytree(own / name, tmp_path / "consumed" / "payment" / name)
    return tmp_path


def breaches(root: Path) -> list[str]:
    """The breaches of the promise about consumed events."""
    return PROMISE.breaches(Repository(Project(root, current().settings)))


def test_events_are_read_from_the_copy_of_their_publisher(root: Path) -> None:
    """Without a copy, nothing is checked: the publisher may not be a context of this platform."""
    assert breaches(root) == []
    copies = ConsumedEvents(root)
    [event] = copies.samples("payment", "PaymentRegistered")
    assert set(copies.schema("payment", "PaymentRegistered")["required"]) <= set(event["data"])
    shutil.rmtree(root / "consumed")
    assert breaches(root) == []
    with pytest.raises(Unpublished):
        copies.samples("payment", "PaymentRegistered")


@pytest.mark.parametrize(
    "fault",
    [
        lambda messages, _: messages.pop("PaymentDeleted"),
        lambda messages, _: messages.update({"PaymentDeleted.2": messages.pop("PaymentDeleted")}),
        lambda _, sent: sent.pop("PaymentDeleted"),
        lambda _, sent: sent["PaymentDeleted"][0].pop("subject"),
        lambda _, sent: sent["PaymentDeleted"][0].update(source="order"),
        lambda _, sent: sent["PaymentDeleted"][0].update(dataschema="urn:event-schema:payment:PaymentDeleted:2.0"),
    ],
    ids=["gone", "another major version", "no sample", "no subject", "another source", "only the next version"],
)
def test_an_event_that_cannot_be_read_breaks_the_promise(root: Path, fault: Fault) -> None:
    """One sentence with the stack and the event."""
    copy = root / "consumed" / "payment"
    files = (copy / "events" / "asyncapi.json", copy / "released" / "0.1.0.json")
    documents = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    fault(documents[0]["components"]["messages"], documents[1]["sent"])
    for file, document in zip(files, documents, strict=True):
        file.write_text(json.dumps(document), encoding="utf-8")
    [sentence] = breaches(root)
    assert "prod" in sentence
    assert "PaymentDeleted" in sentence

"""Two major versions beside each other: both are committed, described and held, until the old one is taken back."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from payment.context import PAYMENT
from pydantic import create_model

from bounded_context import BadContext, Context, EventData, PreviousVersion, Text
from bounded_context_cli.contracts.cli import update
from bounded_context_cli.contracts.compatibility import RefusedChange
from bounded_context_cli.contracts.published import Version, versions
from bounded_context_cli.promises._promise import Repository
from bounded_context_cli.promises.documents import events_before_are_made
from tests.event_schemas import REPOSITORY

OLD = dict.fromkeys(PAYMENT.changes, "1.0")
NEW = {**PAYMENT.versions, **dict.fromkeys(PAYMENT.changes, "2.0")}
CREATED, *_ = PAYMENT.changes
IMPORTED, REJECTED = PAYMENT.list_events
BI, FRONTEND = PAYMENT.subscribers


def as_before(data: dict[str, Any]) -> dict[str, Any]:
    """Say what is said in another way now in the old way."""
    return {"payer" if name == "paid_by" else name: value for name, value in data.items()}


def _today() -> type[EventData]:
    fields: dict[str, Any] = {
        "paid_by" if name == "payer" else name: (field.annotation, field)
        for name, field in PAYMENT.data.model_fields.items()
    }
    return create_model("PaymentData", __base__=EventData, **fields)


def beside(versions: Mapping[str, str] = OLD, ready: tuple[str, ...] = (), data: Any = PAYMENT.data) -> Context[Any]:
    """Return the context with a renamed field in what its events say, and the old events beside them."""
    old = PreviousVersion(data=data, versions=versions, convert=as_before, ready=ready)
    return replace(PAYMENT, data=_today(), versions=NEW, previous_version=old)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """One whose 1.0 is committed."""
    for name in ("events", "released"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    for name in ("src/payment/context.py", "pyproject.toml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, tmp_path / name)
    return tmp_path


def test_a_major_version_is_published_together_with_the_version_before(repository: Path) -> None:
    """The new version alone is refused before any file is written, because its subscribers read the old version."""
    with pytest.raises(RefusedChange) as refused:
        list(update(replace(beside(), previous_version=None), repository))
    assert str(refused.value).startswith(f"{CREATED} 2.0 ")
    assert "read 1.0: " in str(refused.value)
    written = list(update(beside(), repository))
    assert {f"events/{event}/2.0.json is new" for event in PAYMENT.changes} <= set(written)
    assert versions(CREATED, repository / "events") == [Version(1, 0), Version(2, 0)]
    assert list(update(beside(), repository)) == []


def test_both_versions_stay_compatible(repository: Path) -> None:
    """The old version may only grow by optional fields. The refusal names the event, its version and the field."""
    list(update(beside(), repository))
    more = create_model("More", __base__=PAYMENT.data, note=(Text | None, None))
    assert f"events/{CREATED}/1.1.json is new" in list(update(beside(data=more), repository))
    needed = create_model("Needed", __base__=PAYMENT.data, note=(Text, ...))
    with pytest.raises(RefusedChange, match=rf"^{CREATED} 1\.1 .*: note "):
        list(update(beside(dict.fromkeys(OLD, "1.1"), data=needed), repository))


def _document(repository: Path) -> dict[str, Any]:
    return json.loads((repository / "events" / "asyncapi.json").read_text())


BOTH = {name for event in PAYMENT.changes for name in (event, f"{event}.2")} | set(PAYMENT.list_events)


def test_the_schemas_of_a_major_version_precede_its_events(repository: Path) -> None:
    """Until a subscriber is ready, each gets what it got before."""
    list(update(beside(), repository))
    document = _document(repository)
    assert set(document["components"]["messages"]) == set(PAYMENT.events)
    assert all(set(channel["messages"]) == set(PAYMENT.events) for channel in document["channels"].values())


def test_a_subscriber_cannot_be_ready_before_the_major_version_is_committed(repository: Path) -> None:
    """The filters of those that are not ready have to be there first, and SNS takes 15 minutes to apply them."""
    with pytest.raises(RefusedChange) as refused:
        list(update(beside(ready=(FRONTEND,)), repository))
    assert f"{CREATED} 2.0" in str(refused.value)
    assert FRONTEND in str(refused.value)
    assert versions(CREATED, repository / "events") == [Version(1, 0)]


@pytest.mark.parametrize("ready", [(), (FRONTEND,)])
def test_the_previous_version_stays_until_every_subscriber_gets_both(repository: Path, ready: tuple[str, ...]) -> None:
    """A filter that changes from one version to the other may let neither through while SNS applies it."""
    _steps(repository, (), ready)
    before = _document(repository)
    with pytest.raises(RefusedChange) as refused:
        list(update(replace(beside(), previous_version=None), repository))
    assert BI in str(refused.value)
    assert (FRONTEND in str(refused.value)) == (FRONTEND not in ready)
    assert _document(repository) == before


def _steps(repository: Path, *ready: tuple[str, ...]) -> None:
    """Commit one step after the other, each with these subscribers that are ready."""
    for subscriber in ready:
        list(update(beside(ready=subscriber), repository))


def test_the_document_lists_both_and_who_gets_which(repository: Path) -> None:
    """Who is ready gets both."""
    _steps(repository, (), (FRONTEND,))
    document = _document(repository)
    messages, channels = document["components"]["messages"], document["channels"]
    assert messages[CREATED]["payload"]["allOf"][1]["properties"]["data"]["$ref"] == f"./{CREATED}/1.0.json"
    new = messages[f"{CREATED}.2"]
    assert new["payload"]["allOf"][1]["properties"]["data"]["$ref"] == f"./{CREATED}/2.0.json"
    assert new["headers"]["properties"]["type"] == {"const": f"{CREATED}.2"}
    assert set(channels["events"]["messages"]) == BOTH
    assert set(channels[f"events-{BI}"]["messages"]) == set(PAYMENT.events)
    assert set(channels[f"events-{FRONTEND}"]["messages"]) == BOTH


def test_the_previous_version_is_withdrawn(repository: Path) -> None:
    """What was committed stays, and what subscribers filter on does too."""
    _steps(repository, (), (FRONTEND,), PAYMENT.subscribers)
    without = replace(beside(), previous_version=None)
    assert list(update(without, repository)) == ["events/asyncapi.json is updated"]
    assert versions(CREATED, repository / "events") == [Version(1, 0), Version(2, 0)]
    channels = _document(repository)["channels"]
    new = {f"{event}.2" for event in PAYMENT.changes}
    assert set(channels[f"events-{BI}"]["messages"]) == new | {IMPORTED, REJECTED}


def _too_few(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "payer": 5}


def _of_a_field_that_is_gone(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "payer": data["owner"]}


@pytest.mark.parametrize(
    ("convert", "fault"), [(_too_few, "(payer: "), (_of_a_field_that_is_gone, "(KeyError: 'owner')")]
)
def test_a_previous_event_that_cannot_be_converted_is_reported(convert: Any, fault: str) -> None:
    """The repository's own check names the function's place, the event, its version and the field."""
    good = beside()
    assert list(events_before_are_made(_declaring(good))) == []
    lost = replace(good, previous_version=PreviousVersion(data=PAYMENT.data, versions=OLD, convert=convert))
    place = f"{Path(__file__).name}:{convert.__code__.co_firstlineno}"
    for event, sentence in zip(OLD, events_before_are_made(_declaring(lost)), strict=True):
        assert sentence.startswith(f"{place}: {event} 1.0 ")
        assert fault in sentence


def _declaring(context: Context[Any]) -> Any:
    project: Any = SimpleNamespace(context=context, root=Path(__file__).parent)
    return Repository(project)


@pytest.mark.parametrize(
    ("versions", "fault"),
    [
        ({IMPORTED: "1.0"}, f"previous_version has {IMPORTED}, "),
        ({CREATED: "2.0"}, f"previous_version: {CREATED} has '2.0', "),
        ({CREATED: "one"}, f"previous_version: {CREATED} has 'one', "),
    ],
)
def test_an_old_event_has_the_major_version_before_the_current_version(versions: Mapping[str, str], fault: str) -> None:
    """It is an event of an aggregate. The error names the event and its version."""
    with pytest.raises(BadContext) as refused:
        beside(versions)
    assert str(refused.value).startswith(fault)

"""The command that commits what the models say: a minor version for what may change, a refusal for what may not."""

import json
import shutil
from pathlib import Path

import pytest
from pydantic import BaseModel, create_model

from payment.domain.event_models import MODELS
from payment.domain.event_versions import VERSIONS
from payment.domain.events import LIST_IMPORTED, LIST_REJECTED

from contracts import schemas
from contracts.change import SAID_IN, Refused
from contracts.published import Version
from contracts.update import REPOSITORY, WORKFLOW, update


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A copy of what the command reads and writes."""
    shutil.copytree(REPOSITORY / "events", tmp_path / "events")
    for name in (SAID_IN, WORKFLOW):
        (tmp_path / name).parent.mkdir(parents=True)
        shutil.copy(REPOSITORY / name, tmp_path / name)
    return tmp_path


def _says(monkeypatch: pytest.MonkeyPatch, event_type: str, model: type[BaseModel]) -> None:
    monkeypatch.setattr(schemas, "MODELS", {**MODELS, event_type: model})


def _optional(event_type: str) -> type[BaseModel]:
    return create_model("More", __base__=MODELS[event_type], note=(str | None, None))


def _retyped(event_type: str) -> type[BaseModel]:
    return create_model("Retyped", __base__=MODELS[event_type], partner=(int, ...))


def test_a_repository_that_says_what_its_models_say_is_left_alone(repository: Path) -> None:
    """The command may run again and again."""
    assert list(update(repository)) == []


def test_a_new_optional_field_is_a_new_minor_version(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its file is written, the old one stays, and all that says the version says the new one."""
    _says(monkeypatch, LIST_IMPORTED, _optional(LIST_IMPORTED))
    old = (repository / "events" / LIST_IMPORTED / "1.0.json").read_bytes()
    assert f"events/{LIST_IMPORTED}/1.1.json is new" in list(update(repository))
    new = json.loads((repository / "events" / LIST_IMPORTED / "1.1.json").read_text())
    assert new["$id"].endswith(f":{LIST_IMPORTED}:1.1")
    assert "note" in new["properties"]
    assert (repository / "events" / LIST_IMPORTED / "1.0.json").read_bytes() == old
    assert f'"{LIST_IMPORTED}": "1.1"' in (repository / SAID_IN).read_text()
    assert f":{LIST_IMPORTED}:1.1" in (repository / WORKFLOW).read_text()
    assert f"./{LIST_IMPORTED}/1.1.json" in (repository / "events" / "asyncapi.json").read_text()
    assert list(update(repository, {**VERSIONS, LIST_IMPORTED: "1.1"})) == []


def test_a_change_that_breaks_subscribers_is_refused_and_nothing_is_written(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence says which field, what to write, and where."""
    _says(monkeypatch, LIST_REJECTED, _retyped(LIST_REJECTED))
    before = sorted((path, path.read_bytes()) for path in repository.rglob("*.*"))
    with pytest.raises(Refused) as refused:
        list(update(repository))
    assert "partner has another type" in str(refused.value)
    assert f'write "2.0" for it in {SAID_IN}' in str(refused.value)
    assert sorted((path, path.read_bytes()) for path in repository.rglob("*.*")) == before


def test_a_major_version_may_say_anything(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the developer's to raise, and from then on the newest."""
    _says(monkeypatch, LIST_REJECTED, _retyped(LIST_REJECTED))
    said = {**VERSIONS, LIST_REJECTED: "2.0"}
    assert f"events/{LIST_REJECTED}/2.0.json is new" in list(update(repository, said))
    assert list(update(repository, said)) == []
    with pytest.raises(Refused, match=r"is 1\.0 in .+: write 2\.0 or 3\.0\."):
        list(update(repository))


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("1.1", r"is 1\.1 in .+: write 1\.0 or 2\.0\."),
        ("2.1", r"write 1\.0 or 2\.0\."),
        ("3.0", r"write 1\.0 or 2\.0\."),
        ("0.9", r"write 1\.0 or 2\.0\."),
        ("1", r"'1' is no version: write one such as 1\.0\."),
    ],
)
def test_a_version_that_cannot_come_next_is_refused(repository: Path, said: str, sentence: str) -> None:
    """Versions are not left out, and none is said that is not committed."""
    with pytest.raises(Refused, match=sentence):
        list(update(repository, {**VERSIONS, LIST_REJECTED: said}))


def test_a_new_event_begins_at_its_first_version(repository: Path) -> None:
    """Nothing of it is committed yet."""
    shutil.rmtree(repository / "events" / LIST_REJECTED)
    with pytest.raises(Refused, match=r"write 1\.0\."):
        list(update(repository, {**VERSIONS, LIST_REJECTED: "2.0"}))
    assert f"events/{LIST_REJECTED}/1.0.json is new" in list(update(repository))


@pytest.mark.parametrize("text", ["1", "1.0.0", "01.0", "a.b", "", "1.0 "])
def test_what_is_no_version_is_none(text: str) -> None:
    """Two numbers with a dot between them."""
    with pytest.raises(ValueError, match="is no version"):
        Version.parse(text)


def test_versions_are_ordered_as_numbers() -> None:
    """1.10 comes after 1.9."""
    assert Version.parse("1.10") > Version.parse("1.9")

"""One first schema for each event."""

import json
from pathlib import Path

import pytest

from template.schemas import expand


@pytest.fixture
def prototype(tmp_path: Path) -> Path:
    """The prototype in a project's folder."""
    path = tmp_path / "events" / "EventName" / "1.0.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"title": "EventName"}')
    return path


@pytest.mark.usefixtures("prototype")
def test_each_event_gets_its_schema(tmp_path: Path) -> None:
    """The name is filled in, and the prototype is gone with its folder."""
    expand(tmp_path, ["PaymentOpened", "PaymentDropped"])
    assert sorted(path.name for path in (tmp_path / "events").iterdir()) == ["PaymentDropped", "PaymentOpened"]
    assert json.loads((tmp_path / "events" / "PaymentOpened" / "1.0.json").read_text()) == {"title": "PaymentOpened"}


@pytest.mark.usefixtures("prototype")
def test_a_schema_that_is_there_is_kept(tmp_path: Path) -> None:
    """Cookiecutter's --skip-if-file-exists promises that for every file."""
    mine = tmp_path / "events" / "PaymentOpened" / "1.0.json"
    mine.parent.mkdir()
    mine.write_text("mine")
    expand(tmp_path, ["PaymentOpened"])
    assert mine.read_text() == "mine"

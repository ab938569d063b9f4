"""The command that commits what the models say: a minor version for what may change, a refusal for what may not."""

import ast
import json
import py_compile
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from payment.context import PAYMENT
from pydantic import BaseModel, create_model

from bounded_context import Context, Text
from bounded_context_cli.contracts.cli import WORKFLOW, raised, update
from bounded_context_cli.contracts.compatibility import RefusedChange, declaration_file
from bounded_context_cli.contracts.published import Version, versions
from bounded_context_infra.configuration.project import list_workflow
from tests.contexts import over_contexts
from tests.event_schemas import REPOSITORY

LIST_IMPORTED, LIST_REJECTED = PAYMENT.list_events
DECLARATION = declaration_file(PAYMENT)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A copy of what the command reads and writes."""
    for name in ("events", "released"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    for name in (DECLARATION, "pyproject.toml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def own_workflow(repository: Path) -> Path:
    """The definition that the repository has ejected."""
    path = repository / WORKFLOW
    path.parent.mkdir()
    path.write_text(list_workflow(PAYMENT))
    return path


def _says(monkeypatch: pytest.MonkeyPatch, event_type: str, model: type[BaseModel]) -> None:
    monkeypatch.setitem(vars(PAYMENT), "models", {**PAYMENT.models, event_type: model})


def _optional(event_type: str) -> type[BaseModel]:
    return create_model("More", __base__=PAYMENT.models[event_type], note=(str | None, None))


def _retyped(event_type: str) -> type[BaseModel]:
    return create_model("Retyped", __base__=PAYMENT.models[event_type], partner=(int, ...))


def test_a_repository_whose_files_equal_its_models_is_not_changed(repository: Path) -> None:
    """The command may run again and again."""
    assert list(update(PAYMENT, repository)) == []


def test_a_schema_of_an_earlier_release_keeps_its_version(repository: Path) -> None:
    """Before 0.4.0, a schema did not refuse a line end by a keyword of its own: its version stays, and so does it."""
    for path in repository.glob("events/*/1.0.json"):
        schema = json.loads(path.read_text())
        for field in schema["properties"].values():
            field.pop("not", None)
        path.write_text(json.dumps(schema))
    assert list(update(PAYMENT, repository)) == []


def test_a_new_optional_field_is_a_new_minor_version(
    repository: Path, own_workflow: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its file is written, the old one stays, and all that says the version says the new one."""
    _says(monkeypatch, LIST_IMPORTED, _optional(LIST_IMPORTED))
    old = (repository / "events" / LIST_IMPORTED / "1.0.json").read_bytes()
    assert f"events/{LIST_IMPORTED}/1.1.json is new" in list(update(PAYMENT, repository))
    new = json.loads((repository / "events" / LIST_IMPORTED / "1.1.json").read_text())
    assert new["$id"].endswith(f":{LIST_IMPORTED}:1.1")
    assert "note" in new["properties"]
    assert (repository / "events" / LIST_IMPORTED / "1.0.json").read_bytes() == old
    assert f'"{LIST_IMPORTED}": "1.1"' in (repository / DECLARATION).read_text()
    assert f":{LIST_IMPORTED}:1.1" in own_workflow.read_text()
    assert f"./{LIST_IMPORTED}/1.1.json" in (repository / "events" / "asyncapi.json").read_text()
    assert list(update(PAYMENT, repository, {**PAYMENT.versions, LIST_IMPORTED: "1.1"})) == []


def test_a_new_field_of_the_aggregate_is_a_new_minor_version_of_each_event_that_has_it(repository: Path) -> None:
    """The declaration is what is read, and where the versions are said they are raised."""
    wider = create_model("PaymentData", __base__=PAYMENT.data, note=(Text | None, None))
    written = list(update(replace(PAYMENT, data=wider), repository))
    assert [line for line in written if line.endswith("1.1.json is new")] == [
        f"events/{event}/1.1.json is new" for event in PAYMENT.changes
    ]
    said = (repository / DECLARATION).read_text()
    assert all(f'"{event}": "1.1"' in said for event in PAYMENT.changes)
    assert LIST_IMPORTED not in said


def test_a_written_declaration_is_read_in_the_same_second(repository: Path) -> None:
    """Compiled code that is as old and as long as the new one is not taken for it."""
    path = repository / DECLARATION
    compiled = Path(py_compile.compile(str(path)) or "")
    assert compiled.exists()
    wider = create_model("PaymentData", __base__=PAYMENT.data, note=(Text | None, None))
    list(update(replace(PAYMENT, data=wider), repository))
    assert not compiled.exists()


@over_contexts
def test_a_new_repository_gets_every_schema_and_the_document(context: Context, repository: Path) -> None:
    """The command prints a line for each file that it writes."""
    for name in ("events", "released"):
        shutil.rmtree(repository / name)
    (repository / "events").mkdir()
    (repository / declaration_file(context)).parent.mkdir(parents=True, exist_ok=True)
    (repository / declaration_file(context)).touch()
    first = dict.fromkeys(context.events, "1.0")
    written = list(update(context, repository, first))
    assert [line.partition(" ")[0] for line in written] == [
        *(f"events/{event}/1.0.json" for event in context.events),
        "events/asyncapi.json",
        "released/0.1.0.json",
    ]
    assert all(versions(event, repository / "events") == [Version(1, 0)] for event in context.events)
    document = json.loads((repository / "events" / "asyncapi.json").read_text())
    assert set(document["channels"]) == {"events", *(f"events-{name}" for name in context.subscribers)}


def test_a_declaration_names_only_the_versions_after_the_first(repository: Path) -> None:
    """Each joins the others, and is raised where it stands: what is written is Python that declares it."""
    path = repository / DECLARATION
    assert "versions" not in path.read_text()
    for event_type, old, new in (
        (LIST_REJECTED, "1.0", "1.1"),
        (LIST_IMPORTED, "1.0", "2.0"),
        (LIST_REJECTED, "1.1", "1.2"),
    ):
        assert f"{DECLARATION} has {event_type} {new}" in list(raised(PAYMENT, repository, event_type, old, new))
    [context] = (node.value for node in ast.parse(path.read_text()).body if isinstance(node, ast.Assign))
    assert isinstance(context, ast.Call)
    [versions] = (ast.literal_eval(keyword.value) for keyword in context.keywords if keyword.arg == "versions")
    assert list(versions.items()) == [(LIST_REJECTED, "1.2"), (LIST_IMPORTED, "2.0")]


def test_versions_that_are_declared_in_another_way_are_left_to_the_team(repository: Path) -> None:
    """Nothing is written into code that nobody knows."""
    text = "CONTEXT = Context(\n    data=Data,\n    versions=VERSIONS,\n)\n"
    (repository / DECLARATION).write_text(text)
    list(raised(PAYMENT, repository, LIST_IMPORTED, "1.0", "1.1"))
    assert (repository / DECLARATION).read_text() == text


def test_a_change_that_breaks_subscribers_is_refused_and_writes_no_file(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal names the field, the version to write, and the file."""
    _says(monkeypatch, LIST_REJECTED, _retyped(LIST_REJECTED))
    before = sorted((path, path.read_bytes()) for path in repository.rglob("*.*"))
    with pytest.raises(RefusedChange) as refused:
        list(update(PAYMENT, repository))
    assert "partner has another" in str(refused.value)
    assert f'write "2.0" for it in {DECLARATION}' in str(refused.value)
    assert sorted((path, path.read_bytes()) for path in repository.rglob("*.*")) == before


def test_a_major_version_may_change_any_member(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the developer's to raise, and from then on the newest."""
    _says(monkeypatch, LIST_REJECTED, _retyped(LIST_REJECTED))
    said = {**PAYMENT.versions, LIST_REJECTED: "2.0"}
    assert f"events/{LIST_REJECTED}/2.0.json is new" in list(update(PAYMENT, repository, said))
    assert list(update(PAYMENT, repository, said)) == []
    with pytest.raises(RefusedChange, match=r"is 1\.0 in .+: write 2\.0 or 3\.0\."):
        list(update(PAYMENT, repository))


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("1.1", r"is 1\.1 in .+: write 1\.0 or 2\.0\."),
        ("2.1", r"write 1\.0 or 2\.0\."),
        ("3.0", r"write 1\.0 or 2\.0\."),
        ("0.9", r"write 1\.0 or 2\.0\."),
        ("1", r"'1' is not a version: write one such as 1\.0\."),
    ],
)
def test_a_version_that_is_not_the_next_is_refused(repository: Path, said: str, sentence: str) -> None:
    """Versions are not left out, and none is said that is not committed."""
    with pytest.raises(RefusedChange, match=sentence):
        list(update(PAYMENT, repository, {**PAYMENT.versions, LIST_REJECTED: said}))


def test_a_new_event_begins_at_its_first_version(repository: Path) -> None:
    """No version has published it."""
    for folder in (f"events/{LIST_REJECTED}", "released"):
        shutil.rmtree(repository / folder)
    with pytest.raises(RefusedChange, match=r"write 1\.0\."):
        list(update(PAYMENT, repository, {**PAYMENT.versions, LIST_REJECTED: "2.0"}))
    assert f"events/{LIST_REJECTED}/1.0.json is new" in list(update(PAYMENT, repository))


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_deleted_schema_is_missed(repository: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    """The older schema leaves a gap. The samples of the release name the newest."""
    _says(monkeypatch, LIST_IMPORTED, _optional(LIST_IMPORTED))
    list(update(PAYMENT, repository))
    (repository / "events" / LIST_IMPORTED / f"{version}.json").unlink()
    for declared in ("1.0", "1.1"):
        with pytest.raises(RefusedChange, match=rf"^events/{LIST_IMPORTED}/{version}\.json: "):
            list(update(PAYMENT, repository, {**PAYMENT.versions, LIST_IMPORTED: declared}))


@pytest.mark.parametrize("text", ["1", "1.0.0", "01.0", "a.b", "", "1.0 "])
def test_a_text_that_is_not_a_version_is_rejected(text: str) -> None:
    """A version is two numbers with a dot between them. The error has the text."""
    with pytest.raises(ValueError, match=f"^{re.escape(repr(text))} "):
        Version.parse(text)


def test_versions_are_ordered_as_numbers() -> None:
    """1.10 comes after 1.9."""
    assert Version.parse("1.10") > Version.parse("1.9")

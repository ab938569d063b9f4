"""The contracts of a branch: all its changes make one version, and a context that was never deployed begins anew."""

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from payment.context import PAYMENT
from pydantic import create_model

from bounded_context import Context, Text
from bounded_context_cli.contracts import openapi
from bounded_context_cli.contracts.baseline import Baseline
from bounded_context_cli.contracts.cli import update
from bounded_context_cli.contracts.compatibility import RefusedChange, declaration_file
from bounded_context_cli.contracts.released import Released
from tests.event_schemas import REPOSITORY

EVENT = "PaymentRegistered"
FILE = f"events/{EVENT}/1.1.json"


def _git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)  # noqa: S603, S607


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The contracts of the example on the branch main, in a folder of a repository; a new branch is checked out."""
    folder = tmp_path / "payment"
    for name in ("events", "released", "docs"):
        shutil.copytree(REPOSITORY / name, folder / name)
    for name in (declaration_file(PAYMENT), "pyproject.toml"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, folder / name)
    _git(tmp_path, "init", "-q", "-b", "main")
    _git(tmp_path, "add", "-A")
    _git(tmp_path, "commit", "-qm", "begin")
    _git(tmp_path, "switch", "-qc", "feature")
    return folder


def _having(*fields: str) -> Context[Any]:
    """Return payments with optional fields, as the declaration in the repository has them."""
    members: dict[str, Any] = dict.fromkeys(fields, (Text | None, None))
    details = create_model("PaymentDetails", __base__=PAYMENT.details, **members)
    aggregate = type("Payment", (PAYMENT.aggregate,), {"details_type": details})
    creating, *others = PAYMENT.commands
    register = create_model("RegisterPayment", __base__=details)
    data = create_model("PaymentData", __base__=PAYMENT.data, __doc__=PAYMENT.data.__doc__, **members)
    return replace(PAYMENT, aggregate=aggregate, data=data, commands=(replace(creating, model=register), *others))


def _written(repository: Path, *fields: str) -> Context[Any]:
    """Write the contracts of payments with these fields; return the declaration that has their versions."""
    declared = (repository / declaration_file(PAYMENT)).read_text()
    names = {event: "1.1" for event in PAYMENT.events if f'"{event}": "1.1"' in declared}
    context = replace(_having(*fields), versions={**PAYMENT.versions, **names})
    list(update(context, repository))
    return context


def _fields(repository: Path) -> set[str]:
    return json.loads((repository / FILE).read_text())["properties"].keys() - PAYMENT.data.model_fields.keys()


@pytest.mark.parametrize("commit", [False, True], ids=["at work", "committed"])
def test_the_changes_of_a_branch_make_one_version(repository: Path, commit: bool) -> None:
    """Each replaces the version of the change before, also a rename and a removal of a field of the branch."""
    for fields in (("note",), ("note", "hint"), ("remark", "hint"), ("remark",)):
        _written(repository, *fields)
        assert _fields(repository) == {*fields}
        assert not (repository / f"events/{EVENT}/1.2.json").exists()
        assert f'"{EVENT}": "1.1"' in (repository / declaration_file(PAYMENT)).read_text()
        if commit:
            _git(repository, "add", "-A")
            _git(repository, "commit", "-qm", "a change")
    context = replace(_having("remark"), versions=dict.fromkeys(PAYMENT.changes, "1.1"))
    assert list(update(context, repository)) == []
    assert "note" not in (repository / "released/0.1.0.json").read_text()
    assert Released(context, repository).is_written


def test_a_change_that_is_undone_leaves_no_version(repository: Path) -> None:
    """The files are those of main."""
    _written(repository, "note")
    _written(repository)
    assert not (repository / FILE).exists()
    assert f'"{EVENT}": "1.0"' in (repository / declaration_file(PAYMENT)).read_text()
    base = Baseline.of(repository)
    for name in ("events/asyncapi.json", "released/0.1.0.json"):
        assert json.loads((repository / name).read_text()) == json.loads(base.text(name) or "")


def test_a_version_on_main_is_fixed(repository: Path) -> None:
    """The next change has the next version."""
    _written(repository, "note")
    _git(repository, "add", "-A")
    _git(repository, "commit", "-qm", "a change")
    for command in (("switch", "-q", "main"), ("merge", "-q", "feature"), ("switch", "-qc", "next")):
        _git(repository, *command)
    context = replace(_having("note", "hint"), versions=dict.fromkeys(PAYMENT.changes, "1.1"))
    assert f"events/{EVENT}/1.2.json is new" in list(update(context, repository))
    assert _fields(repository) == {"note"}


def test_without_git_each_version_is_fixed(repository: Path) -> None:
    """As in an archive of the sources."""
    _written(repository, "note")
    shutil.rmtree(repository.parent / ".git")
    context = replace(_having("note", "hint"), versions=dict.fromkeys(PAYMENT.changes, "1.1"))
    assert f"events/{EVENT}/1.2.json is new" in list(update(context, repository))


def test_callers_do_not_rely_on_the_document_of_a_branch(repository: Path) -> None:
    """A member that the branch added may be renamed in it."""
    document = repository / "docs/api/openapi.json"
    document.write_text(openapi.expected(_having("note"), repository))
    assert list(openapi.missed(_having("remark"), repository)) == []
    _git(repository, "branch", "-f", "main")
    _git(repository, "add", "-A")
    _git(repository, "commit", "-qm", "a change")
    _git(repository, "branch", "-f", "main")
    assert any("note" in phrase for phrase in openapi.missed(_having("remark"), repository))


def _without(repository: Path) -> Context[Any]:
    """Return payments whose second version is fixed, but whose field is gone."""
    _written(repository, "note")
    _git(repository, "add", "-A")
    _git(repository, "commit", "-qm", "a change")
    _git(repository, "branch", "-f", "main")
    return replace(_having(), versions=dict.fromkeys(PAYMENT.changes, "1.1"))


def test_a_context_that_was_never_deployed_is_written_anew(repository: Path) -> None:
    """The message has the remedy, which gives each event its first version."""
    context = _without(repository)
    remedy = "note is gone.* If no stack is deployed yet, delete events, released and docs/api, and run"
    with pytest.raises(RefusedChange, match=remedy):
        list(update(context, repository))
    for name in ("events", "released", "docs/api"):
        shutil.rmtree(repository / name)
    (repository / "events").mkdir()
    written = list(update(context, repository))
    assert f"events/{EVENT}/1.0.json is new" in written
    assert f'"{EVENT}": "1.0"' in (repository / declaration_file(PAYMENT)).read_text()
    context = replace(context, versions={})
    assert Released(context, repository).is_written
    assert list(update(context, repository)) == []
    (repository / "docs/api").mkdir()
    (repository / "docs/api/openapi.json").write_text(openapi.expected(context, repository))
    assert list(openapi.missed(context, repository)) == []


def _tagged(repository: Path) -> None:
    _git(repository, "tag", "v0.1.0")


def _versioned(repository: Path) -> None:
    shutil.copy(repository / "released/0.1.0.json", repository / "released/0.2.0.json")


@pytest.mark.parametrize("release", [_tagged, _versioned])
def test_a_released_context_is_not_written_anew(repository: Path, release: Callable[[Path], None]) -> None:
    """A tag, or a second version, is the trace of a release."""
    release(repository)
    assert list(Baseline.of(repository).with_remedy(["a fault"])) == ["a fault"]

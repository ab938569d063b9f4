"""The two commands, in a repository and outside of one."""

import json
import re
import shutil
from pathlib import Path

import pytest
from payment.context import PAYMENT

from bounded_context_cli.contracts.documents import AGENTS
from bounded_context_cli.views.pages.api import api_page
from bounded_context_infra.configuration.project import VARIABLE
from tests.console import context
from tests.event_schemas import REPOSITORY

PROD = "infra/service/Pulumi.prod.yaml"
_PYPROJECT = """[project]
version = "0.1.0"
description = "Registers payments from commands and lists, and publishes events about them."

[tool.bounded-context]
context = "{}"
"""


def _repository(root: Path, monkeypatch: pytest.MonkeyPatch, context: str) -> Path:
    root.mkdir()
    (root / "pyproject.toml").write_text(_PYPROJECT.format(context))
    for name in ("events", "docs/api", "released"):
        shutil.copytree(REPOSITORY / name, root / name)
    for name in (
        "README.md",
        "AGENTS.md",
        "catalog-info.yaml",
        "docs/lists.md",
        PROD,
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, root / name)
    monkeypatch.chdir(root)
    return root


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder is looked in, and no other."""
    monkeypatch.delenv(VARIABLE)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The default context's, and the current folder."""
    return _repository(tmp_path / "payment", monkeypatch, "payment.context:PAYMENT")


def test_contracts_prints_the_files_that_it_writes(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And nothing if all is there. No version was released with the schema."""
    context("contracts")
    assert capsys.readouterr().out == ""
    shutil.rmtree(repository / "released")
    (repository / "events" / PAYMENT.deletion_event / "1.0.json").unlink()
    (repository / "events" / "asyncapi.json").unlink()
    context("contracts")
    said = capsys.readouterr().out.splitlines()
    assert said[:2] == [f"events/{PAYMENT.deletion_event}/1.0.json is new", "events/asyncapi.json is updated"]


def test_contracts_draws_the_statuses_anew(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only the diagram changes. The command prints a line with the file's name."""
    path = repository / "README.md"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("is_REGISTERED --> is_VERIFIED: VerifyPayment", "is_VERIFIED --> is_LOST: LosePayment")
    )
    context("contracts")
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith("README.md ")
    assert path.read_text(encoding="utf-8") == text


def test_contracts_updates_the_catalogue(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command prints a line with the file's name."""
    path = repository / "catalog-info.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("owner: payments-team", "owner: nobody"))
    context("contracts")
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith("catalog-info.yaml ")
    assert path.read_text(encoding="utf-8") == text


def test_contracts_updates_the_instructions_of_agents(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The lines of the team stay: those below the comment, and all lines of a file without the comment."""
    path = repository / AGENTS
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 60
    for before, own in ((text.replace("check", "cheque") + "Ours.\n", "Ours.\n"), ("Ours.\n", "\nOurs.\n")):
        path.write_text(before, encoding="utf-8")
        context("contracts")
        [line] = capsys.readouterr().out.splitlines()
        assert line.startswith(f"{AGENTS} ")
        assert path.read_text(encoding="utf-8") == text + own


def test_contracts_prints_a_refusal_as_one_sentence(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A later version is committed than the one that is said."""
    folder = repository / "events" / PAYMENT.deletion_event
    shutil.copy(folder / "1.0.json", folder / "3.0.json")
    assert context("contracts") == 1
    assert (
        capsys.readouterr().err
        == f"Error: {PAYMENT.deletion_event} is 1.0 in src/payment/context.py: write 3.0 or 4.0.\n"
    )


def test_openapi_writes_the_document_and_its_page(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As they are kept."""
    shutil.rmtree(repository / "docs")
    context("openapi")
    document, page = repository / "docs" / "api" / "openapi.json", repository / "build" / "api.html"
    assert capsys.readouterr().out.splitlines() == [str(document), str(page)]
    assert document.read_bytes() == (REPOSITORY / "docs" / "api" / "openapi.json").read_bytes()
    assert page.read_text(encoding="utf-8") == api_page(
        json.loads(document.read_text()), document="../docs/api/openapi.json"
    )


def test_openapi_refuses_a_context_without_an_api(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error names the context and the setting to write."""
    _repository(tmp_path / "invoice", monkeypatch, "tests.contexts:INVOICE")
    assert context("openapi") == 1
    [error] = capsys.readouterr().err.splitlines()
    assert error.startswith("Error: SalesInvoice ")
    assert "api=True" in error


def test_openapi_does_not_overwrite_members_that_callers_use(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says what they would miss, and leaves the document that they know."""
    document = repository / "docs" / "api" / "openapi.json"
    known = document.read_text(encoding="utf-8").replace(
        "/payments/{payment_id}/verify", "/payments/{payment_id}/check"
    )
    document.write_text(known, encoding="utf-8")
    assert context("openapi") == 1
    out, err = capsys.readouterr()
    assert re.search(r"POST /payments/\{payment_id\}/check: the operation is gone, .* write version = \"0.2.0\"", err)
    assert (document.read_text(encoding="utf-8"), out) == (known, "")
    pyproject = repository / "pyproject.toml"
    pyproject.write_text(pyproject.read_text(encoding="utf-8").replace("0.1.0", "0.2.0"), encoding="utf-8")
    context("openapi")
    assert "/check" not in document.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["contracts", "openapi"])
def test_outside_of_a_repository_the_command_fails(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error names the missing table of the pyproject.toml."""
    monkeypatch.chdir(tmp_path)
    assert context(command) == 1
    assert "[tool.bounded-context]" in capsys.readouterr().err

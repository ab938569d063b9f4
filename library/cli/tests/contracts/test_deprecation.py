"""Deprecated contracts in the documents: marked there, not removed before their day, and not forgotten after it."""

import ast
import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jsonschema import Draft7Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from payment.context import PAYMENT

from bounded_context import Context
from bounded_context.testing import on
from bounded_context_cli.contracts import openapi
from bounded_context_cli.contracts.cli import update
from bounded_context_cli.contracts.compatibility import RefusedChange
from bounded_context_cli.contracts.openapi.document import as_json, document
from bounded_context_cli.docs import section, steps
from bounded_context_cli.promises.documents import deprecated_contracts_stay_until_their_day
from bounded_context_cli.views.pages.api import api_page
from tests.contracts.test_asyncapi import SCHEMA
from tests.contracts.test_previous_version import CREATED, FRONTEND, beside
from tests.event_schemas import REPOSITORY

DAY = "2027-03-31"
EVENT, ROUTE = f"{CREATED}.1", "verify_payment"
EVENT_DAYS: Mapping[str, str] = {EVENT: DAY}
DEPRECATED: Context[Any] = replace(PAYMENT, deprecated={EVENT: DAY, ROUTE: f"2026-12-01/{DAY}"})


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose documents have an event and a route that are deprecated."""
    for name in ("events", "released", "docs"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    for name in ("src/payment/context.py", "pyproject.toml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, tmp_path / name)
    list(update(DEPRECATED, tmp_path))
    (tmp_path / "docs/api/openapi.json").write_text(as_json(document(DEPRECATED, "0.1.0")), encoding="utf-8")
    return tmp_path


def _breaches(context: Context[Any], root: Path, day: date) -> list[str]:
    with on(day):
        where: Any = SimpleNamespace(context=context, project=SimpleNamespace(root=root))
        return list(deprecated_contracts_stay_until_their_day(where))


def test_a_deprecated_event_is_marked(repository: Path) -> None:
    """By members of AsyncAPI's own schema, in the message of this major version alone."""
    text = json.loads((repository / "events/asyncapi.json").read_text())
    assert list(Draft7Validator(SCHEMA).iter_errors(text)) == []
    messages = text["components"]["messages"]
    assert {name for name, message in messages.items() if "deprecated" in message} == {CREATED}
    assert (messages[CREATED]["deprecated"], messages[CREATED]["x-sunset"]) == (True, DAY)


def test_a_deprecated_route_is_marked_with_its_headers() -> None:
    """In each of its answers, and on the page."""
    api = document(DEPRECATED, "0.1.0")
    OpenAPIV31SpecValidator(api).validate()
    operations = {each["operationId"]: each for path in api["paths"].values() for each in path.values()}
    assert {name for name, each in operations.items() if each.get("deprecated")} == {ROUTE}
    assert operations[ROUTE]["x-sunset"] == DAY
    for name, operation in operations.items():
        for response in operation["responses"].values():
            assert ({"Deprecation", "Sunset"} <= response["headers"].keys()) == (name == ROUTE)
    assert api_page(api).count(f"it may be removed from {DAY} on") == 1
    assert "Sunset" not in json.dumps(document(replace(PAYMENT, deprecated=EVENT_DAYS), "0.1.0"))


def test_a_deprecation_may_begin_and_be_withdrawn() -> None:
    """Neither breaks callers."""
    with_marks, without = document(DEPRECATED, "0.1.0"), document(PAYMENT, "0.1.0")
    assert list(openapi.breaks(with_marks, without)) == list(openapi.breaks(without, with_marks)) == []


@pytest.mark.parametrize(("day", "is_early"), [(date(2027, 3, 30), True), (date(2027, 3, 31), False)])
def test_a_version_stays_until_its_day(repository: Path, day: date, *, is_early: bool) -> None:
    """All subscribers are ready, and the previous version is taken back."""
    for ready in ((), (FRONTEND,), PAYMENT.subscribers):
        list(update(replace(beside(ready=ready), deprecated=EVENT_DAYS), repository))
    removed = replace(beside(), previous_version=None)
    before = (repository / "events/asyncapi.json").read_text()
    sentence = f"{EVENT} is gone, and its document promises it until {DAY}: restore it until that day."
    assert (sentence in _breaches(removed, repository, day)) == is_early
    with on(day):
        if is_early:
            with pytest.raises(RefusedChange) as refused:
                list(update(removed, repository))
            assert sentence in str(refused.value)
            assert (repository / "events/asyncapi.json").read_text() == before
        else:
            assert list(update(removed, repository)) == ["events/asyncapi.json is updated"]


@pytest.mark.parametrize(("day", "is_early"), [(date(2027, 3, 30), True), (date(2027, 3, 31), False)])
@pytest.mark.parametrize("route", ["POST /payments/{payment_id}/check", None])
def test_a_route_stays_until_its_day(
    repository: Path, route: str | None, day: date, *, is_early: bool, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """Another path of its function is a removal. A higher version permits a removal, but not an early one."""
    commands = tuple(replace(each, route=route if each.function == ROUTE else None) for each in PAYMENT.commands)
    changed = replace(PAYMENT, commands=commands, api=route is not None)
    sentence = f"{PAYMENT.routes[ROUTE]} is gone, and its document promises it until {DAY}: restore it until that day."
    assert (sentence in _breaches(changed, repository, day)) == is_early
    text = (repository / "pyproject.toml").read_text(encoding="utf-8")
    (repository / "pyproject.toml").write_text(text.replace('version = "0.1.0"', 'version = "0.2.0"'), encoding="utf-8")
    own: Any = SimpleNamespace(context=changed, root=repository, build=repository / "build")
    monkeypatch.setattr(openapi, "repository", lambda: own)
    if route:
        with on(day):
            assert openapi.openapi() == (1 if is_early else 0)
        assert (sentence in capsys.readouterr().err) == is_early


def test_a_day_may_only_become_later(repository: Path) -> None:
    """Otherwise a removal would only need two steps."""
    earlier, later = (
        replace(PAYMENT, deprecated={EVENT: day, ROUTE: f"2026-12-01/{day}"}) for day in ("2027-01-31", "2027-06-30")
    )
    end = f"is deprecated until 2027-01-31, and its document says {DAY}: write {DAY} or later."
    assert _breaches(earlier, repository, date(2026, 12, 1)) == [
        f"src/payment/context.py: {name} {end}" for name in (EVENT, ROUTE)
    ]
    assert _breaches(later, repository, date(2026, 12, 1)) == []


@pytest.mark.parametrize(("day", "is_over"), [(date(2027, 3, 31), False), (date(2027, 4, 1), True)])
def test_a_contract_does_not_stay_after_its_day(repository: Path, day: date, *, is_over: bool) -> None:
    """The remedy is a removal, or a later day."""
    end = f"was deprecated until {DAY}, which has passed: remove it, or write a later day."
    expected = [f"src/payment/context.py: {name} {end}" for name in (EVENT, ROUTE)]
    assert _breaches(DEPRECATED, repository, day) == (expected if is_over else [])


def test_a_deprecation_is_withdrawn(repository: Path) -> None:
    """The contract is still there, so nothing is removed early."""
    assert _breaches(PAYMENT, repository, date(2026, 12, 1)) == []


def test_the_step_of_the_page_is_a_declaration(repository: Path) -> None:
    """As the page writes it: the check refuses a value of another form."""
    for step in steps(section("changing", "deprecate-an-event-or-a-route"), "payment"):
        step.follow(repository)
    tree = ast.parse((repository / "src/payment/context.py").read_text(encoding="utf-8"))
    [days] = [node.value for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "deprecated"]
    names = json.loads(json.dumps(ast.literal_eval(days)).replace("Loan", "Payment").replace("loan", "payment"))
    assert replace(PAYMENT, deprecated=names).deprecated == names

"""What callers by one document miss in the next one: of what they send, and of what they read."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from payment.context import PAYMENT

from bounded_context_cli.contracts.openapi import breaks, missed
from bounded_context_cli.contracts.openapi.document import as_json, document

Document = dict[str, Any]
MADE = document(PAYMENT, "0.1.0")
MANY, ONE = "/payments", "/payments/{payment_id}"


def _view(api: Document) -> Document:
    return api["components"]["schemas"]["View"]


def _body(api: Document) -> Document:
    return api["components"]["schemas"]["RegisterPayment"]


def _parameter(api: Document, method: str, path: str, name: str) -> Document:
    return next(parameter for parameter in api["paths"][path][method]["parameters"] if parameter.get("name") == name)


def _moved(api: Document) -> None:
    api["paths"]["/payments/{payment_id}/approve"] = api["paths"].pop("/payments/{payment_id}/verify")


def _nullable(api: Document) -> None:
    """As version 0.3.0 wrote an optional parameter."""
    parameter = _parameter(api, "delete", ONE, "if-match")
    parameter["schema"] = {"anyOf": [parameter["schema"], {"type": "null"}]}


def test_a_parameter_that_was_null_breaks_no_caller() -> None:
    """No caller could send null."""
    old = deepcopy(MADE)
    _nullable(old)
    assert list(breaks(old, MADE)) == []


def _accepted(api: Document) -> None:
    responses = api["paths"][MANY]["post"]["responses"]
    responses["202"] = responses.pop("201")


def _enveloped(api: Document) -> None:
    api["paths"][ONE]["get"]["responses"]["200"]["content"]["application/json"]["schema"] = {
        "type": "array",
        "items": {},
    }


BREAKS: tuple[tuple[Callable[[Document], object], list[str]], ...] = (
    (lambda api: api["paths"][ONE].pop("delete"), ["DELETE /payments/{payment_id}: the operation is gone"]),
    (_moved, ["POST /payments/{payment_id}/verify: the operation is gone"]),
    (lambda api: _body(api)["required"].append("note"), ["POST /payments: note is required"]),
    (lambda api: _body(api)["properties"].pop("payer"), ["POST /payments: payer is no longer accepted"]),
    (
        lambda api: _body(api)["properties"]["payer"].update(maxLength=100),
        ["POST /payments: payer has the maxLength 100"],
    ),
    (
        lambda api: _body(api)["properties"]["payer"].update(type="integer"),
        ["POST /payments: payer has another type"],
    ),
    (
        lambda api: _parameter(api, "post", MANY, "idempotency-key").update(required=True),
        ["POST /payments: the header idempotency-key is required"],
    ),
    (
        lambda api: api["paths"][MANY]["get"]["parameters"].remove(_parameter(api, "get", MANY, "cursor")),
        ["GET /payments: the query cursor is gone"],
    ),
    (
        lambda api: _parameter(api, "get", MANY, "limit")["schema"].update(maximum=50),
        ["GET /payments: the query limit has the maximum 50"],
    ),
    (
        _accepted,
        [
            "POST /payments: the answer 201 is gone",
            "POST /payments: the answer 202 is new, and callers do not know it",
        ],
    ),
    (
        lambda api: api["paths"][ONE]["get"]["responses"]["200"]["headers"].pop("ETag"),
        ["GET /payments/{payment_id}: the answer's header ETag is gone"],
    ),
)


@pytest.mark.parametrize(("change", "phrases"), BREAKS)
def test_a_missing_member_of_a_request_is_reported(change: Callable[[Document], object], phrases: list[str]) -> None:
    """Each is a phrase that names the operation and the field."""
    new = deepcopy(MADE)
    change(new)
    assert list(breaks(MADE, new)) == phrases


@pytest.mark.parametrize(
    ("change", "phrase"),
    [
        (lambda api: _view(api)["properties"].pop("payer"), "the answer's payer is gone"),
        (lambda api: _view(api)["required"].remove("payer"), "the answer's payer may be missing"),
        (
            lambda api: _view(api)["properties"].update(payer={"anyOf": [{"type": "string"}, {"type": "null"}]}),
            "the answer's payer is of another type",
        ),
        (
            lambda api: _view(api)["properties"]["version"].update(type="string"),
            "the answer's version is of another type",
        ),
        (_enveloped, "the answer's is of another type"),
    ],
)
def test_a_missing_member_of_an_answer_is_reported(change: Callable[[Document], object], phrase: str) -> None:
    """In the answer of each operation that has it."""
    new = deepcopy(MADE)
    change(new)
    assert f"GET {ONE}: {phrase}" in list(breaks(MADE, new))


def _renamed_parameter(api: Document) -> None:
    api["paths"]["/payments/{id}"] = api["paths"].pop(ONE)
    _parameter(api, "get", "/payments/{id}", "payment_id").update(name="id")
    _parameter(api, "delete", "/payments/{id}", "payment_id").update(name="id")


@pytest.mark.parametrize(
    "change",
    [
        lambda api: api["paths"].update({"/payments/{payment_id}/settle": api["paths"][ONE]}),
        lambda api: api["components"]["schemas"]["Status"]["enum"].append("SETTLED"),
        lambda api: _view(api)["properties"].update(note={"type": "string"}),
        lambda api: _body(api)["properties"].update(note={"type": "string"}),
        lambda api: _body(api)["properties"]["payer"].update(maxLength=300),
        lambda api: _body(api)["required"].remove("payer"),
        lambda api: api["paths"][ONE]["get"]["responses"].update({"410": {"description": "gone"}}),
        lambda api: api["paths"][ONE]["get"].update(summary="In other words.", operationId="fetch_payment"),
        _renamed_parameter,
    ],
)
def test_members_that_callers_do_not_use_may_change(change: Callable[[Document], object]) -> None:
    """What comes beside the rest, what takes more, another refusal, words, the name of a part of the path."""
    new = deepcopy(MADE)
    change(new)
    assert list(breaks(MADE, new)) == []


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with the document of 0.1.0."""
    (tmp_path / "docs" / "api").mkdir(parents=True)
    (tmp_path / "docs" / "api" / "openapi.json").write_text(as_json(MADE), encoding="utf-8")
    _says(tmp_path, "0.1.0")
    return tmp_path


def _says(root: Path, version: str) -> None:
    (root / "pyproject.toml").write_text(f'[project]\nversion = "{version}"\n', encoding="utf-8")


def test_a_route_that_is_gone_is_reported_until_the_version_permits_it(root: Path) -> None:
    """A patch does not permit it. Before 1.0, a minor version does."""
    without = replace(PAYMENT, queried_by=())
    assert list(missed(PAYMENT, root)) == []
    _says(root, "0.1.1")
    [sentence] = missed(without, root)
    assert sentence.startswith("GET /payments")
    assert "docs/api/openapi.json of 0.1.0" in sentence
    assert 'write version = "0.2.0" into pyproject.toml' in sentence
    _says(root, "0.2.0")
    assert list(missed(without, root)) == []


def test_an_api_that_is_switched_off_is_missed(root: Path) -> None:
    """Each of its routes, in one sentence."""
    [sentence] = missed(replace(PAYMENT, api=False), root)
    assert sentence.partition(": ")[0].count("/payments") == len(json.loads(as_json(MADE))["paths"]) + 2


def test_without_a_committed_document_no_change_breaks_a_caller(root: Path) -> None:
    """As in a context that gets its API now."""
    (root / "docs" / "api" / "openapi.json").unlink()
    assert list(missed(PAYMENT, root)) == []


def _scoped(*scopes: str) -> Document:
    return document(replace(PAYMENT, scopes={"get_payment": scopes} if scopes else {}), "0.1.0")


@pytest.mark.parametrize(
    ("old", "new", "broken"),
    [
        ((), ("read",), True),
        (("read",), ("write",), True),
        (("read", "write"), ("read",), True),
        (("read",), ("read", "write"), False),
        (("read",), (), False),
        (("read",), ("read",), False),
    ],
)
def test_a_token_needs_no_other_scope(old: tuple[str, ...], new: tuple[str, ...], broken: bool) -> None:
    """A token has one of the scopes of the older document."""
    assert bool(list(breaks(_scoped(*old), _scoped(*new)))) is broken

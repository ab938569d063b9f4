"""Entry points that follow from the declaration: commands, queries and events by name, steps by their functions."""

from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from payment import list_steps
from payment.context import PAYMENT

from bounded_context import BadContext
from bounded_context.declaration.entry_points import SMOKE, entry_point, of_library
from bounded_context.declaration.structure import LIST_STEPS
from bounded_context.handlers import PartEvent, entry_points, step
from bounded_context.lists import ListImport, Outcome, Step
from bounded_context.testing import Samples
from bounded_context.testing.functions import Functions
from tests.contexts import PARCEL
from tests.handlers.conftest import Daemon, LambdaContext, Lines
from tests.handlers.functions import handler

PART: dict[str, Any] = {"list_id": "l-1", "part": {"part": 0, "key": "k", "rows": 1}}


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("name", of_library(PAYMENT))
def test_the_declaration_is_the_entry_point_of_a_function(
    name: str, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
):
    """As Lambda looks it up: an attribute of a module."""
    monkeypatch.setenv("CONTEXT", "payment.context:PAYMENT")
    module, _, attribute = entry_point(PAYMENT, name).rpartition(".")
    assert module == entry_points.__name__
    function = getattr(entry_points, attribute)
    assert function(SMOKE.event, context)["function"] == name
    assert getattr(entry_points, attribute) is function


@pytest.mark.parametrize("name", ["verify_nothing", "verify_subscription", "relay_events", "aws", "declared"])
def test_another_name_is_no_entry_point(name: str, monkeypatch: pytest.MonkeyPatch):
    """The sentence names the functions."""
    monkeypatch.setenv("CONTEXT", "payment.context:PAYMENT")
    with pytest.raises(AttributeError, match=f"Payment has no function {name}: name one of register_payment, "):
        getattr(entry_points, name)


def test_a_context_without_a_list_query_has_no_entry_point_of_it():
    """Nothing is built that the declaration leaves out."""
    assert PARCEL.list_function not in of_library(PARCEL)
    with pytest.raises(AttributeError, match="Parcel has no function list_parcels"):
        entry_points._handler_of(PARCEL, "list_parcels")


@pytest.mark.usefixtures("function")
def test_a_function_runs_the_rule_that_its_declaration_names(monkeypatch: pytest.MonkeyPatch):
    """No other place names it."""
    ids: list[str] = []

    def watched(command: Any, payments: Any) -> Any:
        ids.append(command.id)
        return rule(command, payments)

    rule = PAYMENT.creating.rule
    monkeypatch.setitem(vars(PAYMENT.creating), "rule", watched)
    values = Samples(PAYMENT).values(1)
    assert Functions(PAYMENT).invoke("register_payment", {"idempotency_key": "key", "payload": values})["ok"]
    assert ids == [values["payment_id"]]


def _imported(event: PartEvent, _steps: ListImport) -> Step:
    return Step(event.list_id, Outcome.IMPORTED)


def _named(name: str, module: str) -> Any:
    def work(event: PartEvent, steps: ListImport) -> Step:
        return _imported(event, steps)

    work.__name__, work.__module__ = name, module
    return work


@pytest.mark.usefixtures("no_network", "sampled")
@pytest.mark.parametrize("module", ["payment.list_steps", "payment.renamed", "payment.handlers.verify"])
def test_a_step_in_a_renamed_file_keeps_log_lines_spans_and_smoke_check(
    module: str, context: LambdaContext, lines: Lines, daemon: Daemon
):
    """All three are the step's, whatever its file is called."""
    function = step(PAYMENT, PartEvent)(_named("import_list", module))
    assert function(dict(SMOKE.event), context)["function"] == "import_list"
    assert function(dict(PART), context) == {"list_id": "l-1", "outcome": "IMPORTED"}
    assert [line["message"] for line in lines() if line["level"] == "INFO"][-1:] == ["part imported"]
    assert "write rows" in {document["name"] for document in daemon.documents()}


def test_a_function_that_is_not_a_step_of_the_context_is_refused():
    """At its import, by a sentence that names the steps."""
    with pytest.raises(BadContext, match="verify_customer is no step of Payment's lists: name the function register_l"):
        step(PAYMENT, PartEvent)(_named("verify_customer", "payment.list_steps"))


@pytest.mark.usefixtures("no_network", "sampled")
def test_the_verification_is_a_function_of_the_repository(context: LambdaContext):
    """The library has the other steps."""
    name = PAYMENT.verification_step
    assert entry_point(PAYMENT, name) == f"payment.list_steps.{name}"
    assert handler(name) is getattr(list_steps, name)
    assert {entry_point(PAYMENT, step).rpartition(".")[0] for step in LIST_STEPS} == {entry_points.__name__}
    assert {handler(step)(SMOKE.event, context)["function"] for step in PAYMENT.steps} == {*PAYMENT.steps}


@pytest.mark.parametrize("code", ["def import_list(): ...", "import_list = 1", "from os import path as import_list"])
def test_a_step_of_the_repository_replaces_the_librarys(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """However the module defines the step; the module is not imported, since it needs a function's variables."""
    package = tmp_path / "parcel"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "list_steps.py").write_text(f"{code}\n\n\ndef helper():\n    validate_list = 1\n\n\nraise ValueError\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    parcel = replace(PARCEL, name="parcel", verification="verify_list")
    own = [step for step in parcel.steps if entry_point(parcel, step).startswith("parcel.")]
    assert own == ["verify_list", "import_list"]


def test_an_own_entry_point_is_called_by_its_module():
    own: Any = ModuleType("own")
    own.lambda_handler = lambda event, _: event
    assert Functions(PAYMENT).invoke(own, {"a": 1}) == {"a": 1}


def test_the_entry_point_of_the_preset_is_called_by_the_functions_name():
    functions = Functions(PAYMENT, {"verify_payment": f"{__name__}.own_handler"})
    assert functions.invoke("verify_payment", {"a": 1}) == {"a": 1}


def own_handler(event: Any, _: Any) -> Any:
    return event

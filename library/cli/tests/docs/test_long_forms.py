"""Each short form is made of public names: written out in them it does the same."""

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from payment.context import PAYMENT
from pulumi import FileArchive

from bounded_context.application.verification import typed
from bounded_context.lists import ListStatus, StagedRow
from bounded_context.testing import Samples, run_list
from bounded_context.testing.functions import Functions
from bounded_context_cli.programs.recording import Graph, Program, run
from bounded_context_infra.configuration.project import current

EXAMPLE = Path(__file__).parents[3] / "examples" / "long_forms.py"
PROGRAM = EXAMPLE.with_name("long_program.py")
SAMPLES = Samples(PAYMENT)


@pytest.fixture(scope="module")
def long_forms() -> ModuleType:
    """The file that the documents name."""
    spec = importlib.util.spec_from_file_location("long_forms", EXAMPLE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _message(n: int) -> dict[str, Any]:
    return {"idempotency_key": f"key-{n}", "payload": SAMPLES.values(n)}


def test_a_command(functions: Functions, long_forms: ModuleType) -> None:
    short, long = functions.invoke("register_payment", _message(1)), long_forms.register(_message(2), None)
    assert set(short[PAYMENT.name]) == set(long[PAYMENT.name])
    assert long[PAYMENT.name] | SAMPLES.values(1) == short[PAYMENT.name] | SAMPLES.values(1)
    again = [functions.invoke("register_payment", _message(2) | {"idempotency_key": "key-3"})]
    again.append(long_forms.register(_message(2), None))
    assert again[0] == again[1]


def test_a_query(functions: Functions, long_forms: ModuleType) -> None:
    functions.invoke("register_payment", _message(1))
    query = {"payload": {"payment_id": SAMPLES.values(1)["payment_id"]}}
    assert long_forms.get(query, None)[PAYMENT.name] == functions.invoke("get_payment", query)[PAYMENT.name]


def test_a_check_of_rows(long_forms: ModuleType) -> None:
    rows = [SAMPLES.values(n) for n in range(3)]
    run = run_list(PAYMENT, rows, known={"subscription_id": ["ref-0"]})
    staged = [StagedRow(line, row) for line, row in enumerate(rows, start=2)]
    rejections = long_forms.known(typed(staged, PAYMENT.rows_as_commands)[0], "list-1")
    assert {rejection.reason for rejection in rejections} <= {line["reason"] for line in run.report}
    assert [str(rejection.line) for rejection in rejections] == [line["line"] for line in run.report if line["line"]]


def test_a_list(long_forms: ModuleType) -> None:
    rows = [SAMPLES.values(n) for n in range(3)]
    assert long_forms.list_of(rows) is ListStatus.IMPORTING
    assert run_list(PAYMENT, rows).outcome is ListStatus.IMPORTED


@pytest.fixture
def written_out(tmp_path: Path) -> Graph:
    """What the program registers for production where it is written out."""
    root = current().root
    folder = tmp_path / "infra" / "service"
    shutil.copytree(root / "infra" / "service", folder)
    shutil.copy(PROGRAM, folder / "__main__.py")
    return Program(folder, PAYMENT.name).run("prod")


def test_a_program(written_out: Graph) -> None:
    """The same resources, with the same inputs and options."""
    assert _registered(written_out) == _registered(run("prod"))


def _registered(graph: Graph) -> dict[str, Any]:
    """The inputs and options of each resource by its URN."""
    return {
        node.urn: ({key: _plain(value) for key, value in node.inputs.items()}, node.protect, node.retain_on_delete)
        for node in graph.nodes
    }


def _plain(value: Any) -> Any:
    return value.path if isinstance(value, FileArchive) else value

"""The import contracts of the library: each holds, and each finds a planted violation."""

from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, Final

import grimp
import pytest
from importlinter.api import read_configuration
from importlinter.contracts.acyclic_siblings import AcyclicSiblingsContract
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.independence import IndependenceContract
from importlinter.contracts.layers import LayersContract

LIBRARY = Path(__file__).parents[1]
KINDS: Final = {
    "acyclic_siblings": AcyclicSiblingsContract,
    "forbidden": ForbiddenContract,
    "independence": IndependenceContract,
    "layers": LayersContract,
}
_CONFIGURATION: Final = read_configuration(str(LIBRARY / "pyproject.toml"))
SESSION: Final[dict[str, Any]] = _CONFIGURATION["session_options"]
CONTRACTS: Final = {options["id"]: options for options in _CONFIGURATION["contracts_options"]}
ROOT: Final = "bounded_context"

TABLE: Final = "infra.components.table"
PLANTED: Final = [
    ("floors", "domain.spelling", "adapters.idempotency_keys"),
    ("floors", "declaration.measures", "application.report"),
    ("floors", "handlers.steps", "configuration.settings"),
    ("floors", "telemetry.traces", "adapters.retries"),
    ("floors", "infra.wiring.canary", "tools.release.package"),
    ("floors", "tools.views.cost.cli", "testing.running"),
    ("cycles", "declaration.structure", "declaration.contradictions"),
    ("cycles", "infra.stack.key", "infra.stack.stack"),
    ("runtime", "handlers.steps", "pulumi"),
    ("runtime", "aws", "typer"),
    ("domain", "application.report", "boto3"),
    ("infrastructure", TABLE, "adapters.idempotency_keys"),
    ("infra", TABLE, "infra.wiring.canary"),
    ("infra", TABLE, "infra.wiring.functions"),
    ("infra", TABLE, "infra.wiring.observability"),
    ("infra", "infra.stack.stack", "infra.parts.queues"),
    ("components", TABLE, "infra.components.inbox"),
    ("tools", "tools.command.console", "tools.release.package"),
    ("tools", "tools.contracts.compatibility", "tools.local.emulator.aws"),
    ("operations", "tools.repair.redrive.cli", "pulumi"),
    ("restores", "tools.repair.restore.cli", "pulumi"),
]
"""A contract, and an import that breaks it: the importing module, and a module of the library or another package."""


@cache
def _graph() -> grimp.ImportGraph:
    return grimp.build_graph(ROOT, include_external_packages=True, cache_dir=None)


def _holds(contract_id: str, graph: grimp.ImportGraph) -> bool:
    options = CONTRACTS[contract_id]
    contract = KINDS[options["type"]](options["name"], SESSION, options)
    return contract.check(deepcopy(graph), verbose=False).kept


@pytest.mark.parametrize("contract_id", CONTRACTS)
def test_a_contract_holds(contract_id: str) -> None:
    """The contracts are in `pyproject.toml`."""
    assert _holds(contract_id, _graph())


@pytest.mark.parametrize(("contract_id", "importer", "imported"), PLANTED)
def test_a_planted_violation_breaks_its_contract(contract_id: str, importer: str, imported: str) -> None:
    """A contract that cannot fail proves nothing."""
    graph = deepcopy(_graph())
    assert f"{ROOT}.{importer}" in graph.modules
    own = f"{ROOT}.{imported}"
    graph.add_import(importer=f"{ROOT}.{importer}", imported=own if own in graph.modules else imported)
    assert not _holds(contract_id, graph)


def test_every_contract_has_a_planted_violation() -> None:
    """Also a contract that is added later."""
    assert {contract_id for contract_id, _, _ in PLANTED} == set(CONTRACTS)

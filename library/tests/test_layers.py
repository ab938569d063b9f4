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
_CONFIGURATION: Final = read_configuration(str(LIBRARY / "imports.toml"))
SESSION: Final[dict[str, Any]] = _CONFIGURATION["session_options"]
CONTRACTS: Final = {options["id"]: options for options in _CONFIGURATION["contracts_options"]}
ROOTS: Final = SESSION["root_packages"]

TABLE: Final = "bounded_context_infra.components.table"
PLANTED: Final = [
    ("street", "bounded_context.domain.spelling", "bounded_context_infra.configuration.settings"),
    ("street", "bounded_context_infra.wiring.functions", "bounded_context_cli.package"),
    ("street", "bounded_context_cli.contracts.compatibility", "bounded_context_local.emulator.aws"),
    ("street", "bounded_context_cli.policies.cli", "bounded_context_operations.release.deploy"),
    ("street", "bounded_context_operations.repair.report", "bounded_context_platform.bootstrap"),
    ("street", "bounded_context_platform.bootstrap", "bounded_context_local.emulator.aws"),
    ("street", "bounded_context_local.rehearsal.cli", "bounded_context_lab.storm"),
    ("floors", "bounded_context.domain.spelling", "bounded_context.adapters.dynamodb"),
    ("floors", "bounded_context.declaration.measures", "bounded_context.application.results"),
    ("floors", "bounded_context.telemetry.traces", "bounded_context.adapters.conditional"),
    ("cycles", "bounded_context.declaration.structure", "bounded_context.declaration.context"),
    ("cycles", "bounded_context_infra.stack.program", "bounded_context_infra.stack.stack"),
    ("runtime", "bounded_context.handlers.steps", "pulumi"),
    ("runtime", "bounded_context.aws", "typer"),
    ("domain", "bounded_context.application.results", "boto3"),
    ("infrastructure", TABLE, "bounded_context.adapters.dynamodb"),
    ("settings", "bounded_context_infra.configuration.settings", "pulumi_aws"),
    ("infra", TABLE, "bounded_context_infra.wiring.functions"),
    ("infra", TABLE, "bounded_context_infra.wiring.observability"),
    ("infra", "bounded_context_infra.stack.stack", "bounded_context_infra._parts.queues"),
    ("components", TABLE, "bounded_context_infra.components.inbox"),
    ("tools", "bounded_context_cli.command.console", "bounded_context_cli.package"),
    ("operations", "bounded_context_operations.release.deploy", "bounded_context_operations.repair.report"),
    ("shifting", "bounded_context_operations.repair.redrive.cli", "pulumi"),
    ("restores", "bounded_context_operations.repair.restore", "pulumi"),
    ("policies", "bounded_context_cli.policies.waivers", "typer"),
    ("restores", "bounded_context_cli.views.cost", "bounded_context_cli.programs.recording"),
    ("extensions", "bounded_context_local.extensions.codedeploy.service", "bounded_context_local.emulator.process"),
]
"""A contract, and an import that breaks it: the importing module, and a module of the library or another package."""


@cache
def _graph() -> grimp.ImportGraph:
    return grimp.build_graph(*ROOTS, include_external_packages=True, cache_dir=None)


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
    assert importer in graph.modules
    graph.add_import(importer=importer, imported=imported)
    assert not _holds(contract_id, graph)


def test_every_contract_has_a_planted_violation() -> None:
    """Also a contract that is added later."""
    assert {contract_id for contract_id, _, _ in PLANTED} == set(CONTRACTS)

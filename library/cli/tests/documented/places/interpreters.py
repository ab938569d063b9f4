"""Both interpreters of the state machine: a small definition, whose execution violates a rule.

    violation = { states = "...", input = {} }

`states` is JSON, and the first state is the start. The code is the error with which the execution ends. `items` are the
items that a map reads, and `failures` the number of calls of the function `f` that fail.
"""

import json
from typing import Any, Final

import pytest

from bounded_context_local.testing.plugin import REGION
from tests.contract.interpreter import Interpreter, Lambda
from tests.simulation.profile import Profile
from tests.simulation.scheduler import Scheduler
from tests.simulation.test_workflow import Services
from tests.simulation.workflow import Machine

from ..rules import Rule, expanded
from .place import Place, Violation

_NOWHERE: Final = "http://127.0.0.1:9"
"""The definitions of the second interpreter call no service."""


def _definition(violation: Violation) -> dict[str, Any]:
    states = json.loads(violation["states"])
    return {"StartAt": next(iter(states)), "States": states}


def _simulated(_rule: Rule, violation: Violation) -> set[str]:
    scheduler = Scheduler(0, Profile())
    items = json.dumps(expanded(violation.get("items", []))).encode()
    services = Services(scheduler, violation.get("failures", 0), items)
    machine = Machine(_definition(violation), scheduler, services)
    machine.start(expanded(violation.get("input", {})))
    scheduler.run()
    return {machine.executions[0].error} - {""}


def _second(_rule: Rule, violation: Violation) -> set[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        interpreter = Interpreter(patch, _NOWHERE, Lambda(), _NOWHERE)
        run = interpreter.run(_definition(violation), expanded(violation.get("input", {})))
    return {run.error} if run.error else set()


SIMULATED: Final = Place(
    "The interpreter of the simulation ends the execution with the error (`library/lab/tests/simulation/workflow.py`).",
    _simulated,
)
SECOND: Final = Place(
    "moto's interpreter, whose behaviour was recorded on AWS, ends the execution with the error "
    "(`library/runtime/tests/contract/interpreter.py`).",
    _second,
)

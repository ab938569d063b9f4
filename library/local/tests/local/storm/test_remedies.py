"""The steps of the person on call that the run plays, because the embedded AWS lacks them."""

import json
from types import SimpleNamespace
from typing import Any

from bounded_context_cli.programs.recording import run
from bounded_context_lab.storm.checks import redrive

MACHINE = "arn:aws:states:eu-central-1:000000000000:stateMachine:payment-local-list-import"
FAILED = "arn:aws:states:eu-central-1:000000000000:execution:payment-local-list-import:one"


class StepFunctions:
    """A state machine with an execution that failed in its first state, and the definition of the next machine."""

    def __init__(self) -> None:
        self.definition: dict[str, Any] = {}

    def call(self, _: str, operation: str, **parameters: Any) -> dict[str, Any]:
        if operation == "create_state_machine":
            self.definition = json.loads(parameters["definition"])
        entered = {"stateEnteredEventDetails": {"name": "RegisterList", "input": "{}"}}
        definition = run("local").one("sfn/stateMachine").inputs["definition"]
        return {
            "get_execution_history": {"events": [entered]},
            "describe_state_machine": {"definition": definition, "roleArn": "arn:aws:iam::000000000000:role/one"},
            "create_state_machine": {"stateMachineArn": MACHINE},
            "start_execution": {"executionArn": FAILED},
        }[operation]


def test_a_redriven_execution_has_its_id():
    """A list belongs to the execution that registered it: with another id, no execution would continue the list."""
    machines = StepFunctions()
    running: Any = SimpleNamespace(aws=machines, outputs={"state_machine": MACHINE})
    redrive(running, FAILED)
    payload = machines.definition["States"]["RegisterList"]["Parameters"]["Payload"]
    assert payload == {"upload.$": "$", "execution": FAILED}
    assert "$$.Execution.Id" not in json.dumps(machines.definition)

"""Step Functions' documented rules of Distributed Maps, which both interpreters of the state machine apply."""

import json
from collections.abc import Sequence
from typing import Any, Final

STATE_DATA: Final = 256 * 1024
"""Bytes: AWS Step Functions Developer Guide, "Quotas related to state executions"."""

DATA_LIMIT: Final = "States.DataLimitExceeded"
"""The error of a state whose output is larger than `STATE_DATA` ("Handling errors in Step Functions workflows")."""

TERMINAL: Final = (DATA_LIMIT, "States.Runtime")
"""Errors that `States.ALL` does not match ("Handling errors in Step Functions workflows", "Error names")."""

READER: Final = "States.ItemReaderFailed"
"""The error of a map that cannot read its items ("Handling errors in Step Functions workflows")."""

THRESHOLD: Final = "States.ExceedToleratedFailureThreshold"
"""The error of a map with more failed children than it tolerates ("Handling errors in Step Functions workflows")."""

_ARN: Final = "arn:aws:states:eu-central-1:123456789012"


def exceeds(failed: int, items: int, percentage: float = 0) -> bool:
    """Return whether a map fails, by its failed children and its tolerated percentage.

    "Setting failure thresholds for Distributed Map states": a map that tolerates 100 percent never fails.
    """
    return failed * 100 > percentage * items


def record_of_failed(label: str, payload: Any, error: str, cause: str) -> dict[str, Any]:
    """Return the result of a failed child in the output of its map: the whole record of its execution.

    "ResultWriter (Map)", "Transformation": without a ResultWriter, the output has the outputs of the children. The
    result of a failed child is unchanged, as with the transformation NONE.
    """
    name = f"{label}:00000000-0000-0000-0000-000000000000"
    return {
        "ExecutionArn": f"{_ARN}:execution:payment-prod-list-import/{name}",
        "Input": json.dumps(payload),
        "InputDetails": {"Included": True},
        "Name": name,
        "RedriveCount": 0,
        "RedriveStatus": "REDRIVABLE_BY_MAP_RUN",
        "StartDate": "2026-01-31T00:00:00.000Z",
        "StateMachineArn": f"{_ARN}:stateMachine:payment-prod-list-import/{label}",
        "Status": "FAILED",
        "StopDate": "2026-01-31T00:00:00.000Z",
        "Error": error,
        "Cause": cause,
    }


def fits(outputs: Sequence[Any]) -> bool:
    """Return whether the output of a map fits the state, before the map's ResultPath discards it."""
    return len(json.dumps(outputs, separators=(",", ":"))) <= STATE_DATA

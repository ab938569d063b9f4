"""The simulated services: a request to an empty table, bucket, queue, topic or deployment group.

    violation = { service = "dynamodb", operation = "BatchGetItem", request = { ... } }

A violation may be `after` other requests, and `later` by so many seconds. The code is the code of the error, or of an
entry of a batch.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from botocore import xform_name
from botocore.exceptions import ClientError

from tests.simulation.services.codedeploy import SimCodeDeploy
from tests.simulation.services.dynamodb import Service, SimTable, Store
from tests.simulation.services.plain_gate import PlainGate
from tests.simulation.services.s3 import Bucket, SimS3
from tests.simulation.services.sns import SimSns, Topic
from tests.simulation.services.sqs import Queue, SimSqs

from ..rules import Rule, expanded
from .place import Place, Violation

_CLIENTS: Final[Mapping[str, Callable[[PlainGate], Any]]] = {
    "codedeploy": SimCodeDeploy,
    "dynamodb": lambda gate: SimTable(Service(Store("table", gate, {"by_word": "word"}), gate)),
    "s3": lambda gate: SimS3([Bucket("bucket", gate)], gate),
    "sns": lambda gate: SimSns(Topic("topic", gate), gate),
    "sqs": lambda gate: SimSqs([Queue("queue", gate)], gate),
}


def _codes(_rule: Rule, violation: Violation) -> set[str]:
    gate = PlainGate()
    client = _CLIENTS[violation["service"]](gate)
    for before in violation.get("after", ()):
        _send(client, before)
    gate.seconds += violation.get("later", 0)
    try:
        answer = _send(client, violation)
    except ClientError as error:
        return {error.response.get("Error", {}).get("Code", "")}
    return {entry.get("Code", "") for entry in answer.get("Failed", ())}


def _send(client: Any, violation: Violation) -> Any:
    name = xform_name(violation["operation"])
    return getattr(client if hasattr(client, name) else client.meta.client, name)(**expanded(violation["request"]))


PLACE: Final = Place(
    "The simulated services refuse the request, so each schedule of the simulation that sends it fails "
    "(`library/lab/tests/simulation/services`).",
    _codes,
)

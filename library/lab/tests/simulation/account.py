"""The simulated account: table, bucket, topic, queue, and their clients for functions and for the state machine."""

import json
from collections.abc import Callable
from typing import Any, Final

from bounded_context.declaration.structure import DUE, DUE_INDEX

from .functions import Lambda
from .scheduler import Activity, Scheduler
from .services.client_errors import faults
from .services.dynamodb.bulk import SimBulk
from .services.dynamodb.client import SimClient
from .services.dynamodb.messages import converted
from .services.dynamodb.service import Service
from .services.dynamodb.signed import SimSigned
from .services.dynamodb.store import Store
from .services.dynamodb.table import SimTable
from .services.retries import Faults
from .services.s3 import Bucket, SimS3
from .services.sns import SimSns, Topic
from .services.sqs import Queue, SimSqs
from .services.typed_values import typed, untyped
from .workflow import Json, StatesError

TABLE: Final = "payments"
BUCKET: Final = "inbox"
TOPIC: Final = "arn:aws:sns:eu-central-1:123456789012:events"
DEAD_LETTERS: Final = "https://sqs.eu-central-1.amazonaws.com/123456789012/inbound-dead-letters"


class Account:
    """The services of one schedule."""

    def __init__(self, gate: Scheduler) -> None:
        self.gate = gate
        indexes = {"by_list": "list_shard", "by_status": "status_shard", DUE_INDEX: "status_shard"}
        self.store = Store(TABLE, gate, indexes, sorts={DUE_INDEX: DUE})
        self.service = Service(self.store, gate)
        self.bucket = Bucket(BUCKET, gate)
        self.topic = Topic(TOPIC, gate)
        self.dead_letters = Queue(DEAD_LETTERS, gate)
        self.table = SimTable(self.service)
        self.bulk = SimBulk(self.service)
        self.signed = SimSigned(self.store, gate)
        self._clients = {
            "dynamodb": SimClient(self.service),
            "s3": SimS3([self.bucket], gate),
            "sns": SimSns(self.topic, gate),
            "sqs": SimSqs([self.dead_letters], gate),
        }

    def client(self, service: str) -> Any:
        """Return boto3's client of a service."""
        return self._clients[service]


def _once(faults: Faults) -> Faults:
    return Faults(faults.throttled, faults.failed, faults.unanswered, lambda _: False)


_UPDATE: Final = {"UpdateItem": _once(faults("UpdateItem", "ProvisionedThroughputExceededException"))}


class MachineServices:
    """What the state machine's tasks call. Step Functions' own retries are the state's Retry alone."""

    def __init__(self, account: Account, functions: Lambda, made_by: Callable[[], Any]) -> None:
        self._account = account
        self._functions = functions
        self._made_by = made_by

    def invoke(self, function: str, payload: Json) -> Activity:
        """Start an invocation."""
        return self._functions.invoke(function, json.loads(json.dumps(payload)), self._made_by())

    def update_item(self, parameters: Json) -> Json:
        """Call dynamodb:updateItem."""
        try:
            answer = self._account.service.call("UpdateItem", converted(parameters, untyped), _UPDATE)
        except Exception as error:
            raise _named("DynamoDB", error) from None
        return converted(answer, typed)

    def publish(self, parameters: Json) -> Json:
        """Call sns:publish."""
        try:
            return self._account.client("sns").publish(**parameters)
        except Exception as error:
            raise _named("SNS", error) from None

    def read_object(self, bucket: str, key: str) -> bytes:
        """Return an object's bytes."""
        try:
            return self._account.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        except Exception as error:
            raise _named("S3", error) from None


def _named(service: str, error: Exception) -> StatesError:
    response = getattr(error, "response", None)
    code = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
    return StatesError(f"{service}.{code or 'SdkClientException'}", str(error))

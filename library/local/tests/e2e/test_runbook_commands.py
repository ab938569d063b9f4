"""The runbook's commands of AWS's CLI, run on the emulator with the names of a deployed stack."""

import json
import re
import shlex
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import jmespath
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from bounded_context_cli.command.aws_errors import code
from bounded_context_cli.docs import page
from bounded_context_local.emulator.aws import Aws
from bounded_context_local.running.context import RunningContext
from tests.account.cli import options, parameters

from .facts import CONTEXT
from .lists import Sample

pytestmark = pytest.mark.e2e

_COMMAND: Final = re.compile(r"^ *(aws [^`\n]+)$|`(aws [^`]+)`", re.MULTILINE)
_COMMENT: Final = re.compile(r"\s#\s.*")
_SERVICES: Final = {"s3api": "s3"}

WITHOUT_PARAMETERS: Final = {"backup start-copy-job", "dynamodb update-table", "sqs purge-queue"}
"""Commands that the runbook only names."""

UNSUPPORTED: Final = {
    "stepfunctions redrive-execution": "InvalidAction",
    "guardduty send-object-malware-scan": "400",
    "transfer describe-connector": "InvalidAction",
    "transfer test-connection": "InvalidAction",
}
"""Operations that the emulator lacks, with the code of its answer."""

ABSENT: Final = "-export-files"
"""The end of the name of a function that this context lacks."""

EMPTY: Final = {"cloudwatch describe-alarms", "backup list-backup-jobs", "backup list-copy-jobs", "dynamodb wait"}
"""Commands that find nothing in a healthy stack on the emulator."""


def commands(text: str) -> Iterator[str]:
    """Yield each command of a page once, on one line."""
    lines = (block or inline for block, inline in _COMMAND.findall(text.replace("\\\n", " ")))
    yield from dict.fromkeys(" ".join(_COMMENT.sub("", line).split()) for line in lines)


def filled(line: str, values: Mapping[str, str]) -> str:
    """Return a command with values in place of its placeholders."""
    return re.sub(r"<([\w ]+)>", lambda match: values[match[1]], line)


class Cli:
    """AWS's CLI over the clients of an account. `outputs` are those of the stack."""

    def __init__(self, aws: Aws, outputs: Mapping[str, Any], folder: Path) -> None:
        self._aws = aws
        self._outputs = outputs
        self._folder = folder

    def run(self, line: str) -> Any:
        """Run a command, and return its answer. Raises ClientError."""
        _, service, operation, *words = shlex.split(re.sub(r"\$\(([^()]+)\)", self._substituted, line))
        client = self._aws.client(_SERVICES.get(service, service))
        if operation == "wait":
            return client.get_waiter(words[0].replace("-", "_")).wait(TableName=words[2])
        if service == "s3":
            bucket, _, key = words[0].removeprefix("s3://").partition("/")
            return {"ls": self._listed, "cp": self._read}[operation](client, bucket, key)
        known = {xform_name(name, "-"): name for name in client.meta.service_model.operation_names}
        model = client.meta.service_model.operation_model(known[operation])
        if model.has_streaming_output:
            del words[-1]
        answer = getattr(client, xform_name(model.name))(**parameters(model.input_shape, words, self._folder))
        query = options(words).get("query")
        return jmespath.search(query[0], answer) if query else answer

    def _substituted(self, placeholder: re.Match[str]) -> str:
        match placeholder[1].split():
            case ["pulumi", "stack", "output", name, *_]:
                return self._outputs[name]
            case _:
                return self.run(placeholder[1])

    @staticmethod
    def _listed(s3: Any, bucket: str, prefix: str) -> Any:
        return s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]

    @staticmethod
    def _read(s3: Any, bucket: str, key: str) -> str:
        return s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()


class Stack:
    """The deployed stack, with resources of its own for commands that change or delete."""

    def __init__(self, deployed: RunningContext) -> None:
        self.aws, self.outputs = deployed.aws, deployed.outputs
        self.prefix = self.outputs["table_name"].removesuffix("-table")

    def values(self, uploaded: str) -> dict[str, str]:
        """Return the values of the runbook's placeholders."""
        bucket = self.outputs["inbox_bucket"]
        [version] = self.aws.call("s3", "list_object_versions", Bucket=bucket, Prefix=uploaded)["Versions"]
        return {
            "prefix": self.prefix,
            "stack": "local",
            "context": CONTEXT.name,
            "function": "watch-lists",
            "time of the schedule": "2031-05-06T07:08:09Z",
            "inbox_bucket": bucket,
            "partner": uploaded.split("/")[1],
            "key": uploaded,
            "id": version["VersionId"],
            "key_arn": self.outputs["key_arn"],
            "time": "2031",
            "state bucket": "runbook-state",
            "listed file": "lock.json",
            "connector": "c-0123456789abcdef0",
        }

    def prepare(self, line: str) -> dict[str, str]:
        """Create the resource that a command needs, and return the values that name it."""
        for words, create in self._resources().items():
            if words in line:
                return create() or {}
        return {}

    def _resources(self) -> Mapping[str, Callable[[], dict[str, str] | None]]:
        return {
            "update-event-source-mapping": lambda: {"uuid": self._mapping()},
            "delete-event-source-mapping": lambda: {"uuid": self._mapping()},
            "describe-execution": lambda: {"arn": self._failed_execution()},
            "redrive-execution": lambda: {"arn": self._failed_execution()},
            "delete-table": lambda: self._table(f"{self.prefix}-table-at-2031"),
            "wait table-exists": lambda: self._table(f"{self.prefix}-table-epoch-1"),
            "restore-table-from-backup": lambda: {"arn": self._backup()},
            "s3 ls": self._state,
            "s3 cp": self._state,
            "get-queue-url": lambda: self._queue(f"{CONTEXT.name}-pipeline-failed-dead-letters"),
            "reports/": self._report,
            "delete-object": self._report,
        }

    def _mapping(self) -> str:
        name = f"runbook-{uuid.uuid4().hex[:8]}"
        url = self.aws.call("sqs", "create_queue", QueueName=name)["QueueUrl"]
        names = ["QueueArn"]
        arn = self.aws.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=names)["Attributes"]["QueueArn"]
        function = self.outputs["functions"]["watch_lists"]
        created = self.aws.call(
            "lambda", "create_event_source_mapping", FunctionName=function, EventSourceArn=arn, Enabled=False
        )
        return created["UUID"]

    def _failed_execution(self) -> str:
        fails = {"StartAt": "Failed", "States": {"Failed": {"Type": "Fail", "Error": "E", "Cause": "C"}}}
        steps = self.aws.client("stepfunctions")
        role = steps.describe_state_machine(stateMachineArn=self.outputs["state_machine"])["roleArn"]
        name = f"runbook-{uuid.uuid4().hex[:8]}"
        machine = steps.create_state_machine(name=name, definition=json.dumps(fails), roleArn=role)["stateMachineArn"]
        arn = steps.start_execution(stateMachineArn=machine)["executionArn"]
        while steps.describe_execution(executionArn=arn)["status"] == "RUNNING":
            time.sleep(0.1)
        return arn

    def _table(self, name: str) -> None:
        key: Any = {"AttributeName": "pk"}
        schema = {"KeySchema": [key | {"KeyType": "HASH"}], "AttributeDefinitions": [key | {"AttributeType": "S"}]}
        with suppress(self.aws.client("dynamodb").exceptions.ResourceInUseException):
            self.aws.call("dynamodb", "create_table", TableName=name, BillingMode="PAY_PER_REQUEST", **schema)

    def _backup(self) -> str:
        table = self.outputs["table_name"]
        created = self.aws.call("dynamodb", "create_backup", TableName=table, BackupName="runbook")
        return created["BackupDetails"]["BackupArn"]

    def _state(self) -> None:
        key = f".pulumi/locks/organization/{CONTEXT.name}/local/lock.json"
        s3 = self.aws.client("s3")
        with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
            s3.create_bucket(Bucket="runbook-state", CreateBucketConfiguration={"LocationConstraint": self.aws.region})
        self.aws.call("s3", "put_object", Bucket="runbook-state", Key=key, Body=b"{}")

    def _queue(self, name: str) -> None:
        self.aws.call("sqs", "create_queue", QueueName=name)

    def _report(self) -> dict[str, str]:
        key = "reports/runbook/list.csv.report.csv"
        put = self.aws.call("s3", "put_object", Bucket=self.outputs["inbox_bucket"], Key=key, Body=b"line")
        return {"partner": "runbook", "key": key, "id": put["VersionId"]}


@pytest.mark.nightly
def test_the_commands_of_the_runbook_run(
    deployed: RunningContext, sample: Callable[[int], Sample], tmp_path: Path
) -> None:
    """Each with values of the stack, or of a resource that is made for it."""
    stack, uploaded = Stack(deployed), deployed.partner.upload("runbook.csv", sample(5).content)
    deployed.follow(uploaded)
    values, cli = stack.values(uploaded.path.split("/", 2)[2]), Cli(deployed.aws, deployed.outputs, tmp_path)
    failed, empty = dict[str, str](), set[str]()
    for text in commands(page("runbook")):
        name = " ".join(text.split()[1:3])
        try:
            if name not in WITHOUT_PARAMETERS and ABSENT not in text:
                answer = cli.run(filled(text, values | stack.prepare(text)))
                empty |= set() if answer and "FunctionError" not in answer else {name}
        except ClientError as error:
            failed[name] = code(error)
    # The other tests of the stack restore it anew.
    deployed.aws.call("dynamodb", "delete_table", TableName=f"{stack.prefix}-table-epoch-1")
    assert (failed, empty - EMPTY) == (UNSUPPORTED, set())

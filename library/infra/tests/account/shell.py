"""A shell whose commands of AWS's CLI run on moto, in the accounts and with the deployed stacks of a world."""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final
from unittest.mock import patch

import boto3
import jmespath
from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from bounded_context_cli.command.aws_errors import code
from bounded_context_cli.programs import Node
from bounded_context_cli.programs.requests import KINDS, converted, divided, plain

from .cli import options, parameters, printed, sample
from .world import Refused, World, require

CREATED: Final[Mapping[str, set[str]]] = {
    "iam/role": {"name", "assumeRolePolicy"},
    "sqs/queue": {"name"},
    "s3/bucket": set(),
    "dynamodb/table": {"name", "attributes", "hashKey", "globalSecondaryIndexes", "billingMode", "streamEnabled"},
    "sfn/stateMachine": {"name", "definition", "roleArn"},
    "lambda/function": {"name", "role", "runtime", "handler"},
    "lambda/alias": {"name", "functionName"},
    "lambda/eventSourceMapping": {"functionName"},
    "cloudwatch/logGroup": {"name"},
    "cloudwatch/metricAlarm": {"name", "comparisonOperator", "evaluationPeriods", "metricName", "namespace"},
    "backup/vault": {"name"},
    "backup/vaultLockConfiguration": {"backupVaultName", "minRetentionDays", "changeableForDays"},
    "codepipeline/pipeline": {"name", "roleArn", "stages", "artifactStores"},
}
"""The kinds of resources that the commands name, in the order of their references, and the inputs that moto gets."""

_SERVICES: Final = {"s3api": "s3"}
_UNKNOWN: Final = ("404", "", "Not Found")
"""The codes of moto's answer to a path of a service that it does not have."""


@cache
def client(service: Any, region: str) -> Any:
    """Return a client with credentials, whose account the environment names at each call."""
    return boto3.client(service, region, aws_access_key_id="testing", aws_secret_access_key="testing")


@dataclass
class Shell:
    """The shell. It creates log groups and alarms only if `text` has their names.

    `lacking` has the operations that moto lacks. moto does not get operations of `spared` services.
    """

    world: World
    text: str
    spared: Sequence[str] = ()
    lacking: set[str] = field(default_factory=set)
    _created: set[tuple[str, str]] = field(default_factory=set)

    def run(self, line: str) -> str:
        """Run a line, and return the output of its last command. Raises Refused."""
        if assigned := re.fullmatch(r"(\w+)=\$\((.+)\)", line):
            self.world.variables[assigned[1]] = self.run(assigned[2]).strip()
            return ""
        scanner = shlex.shlex(self._expanded(line), posix=True, punctuation_chars="|;&<>")
        scanner.whitespace_split, scanner.commenters = True, ""
        output, operator, words = "", "&&", list[str]()
        for word in [*scanner, "&&"]:
            if word not in ("&&", "|", ">"):
                words.append(word)
                continue
            if operator == ">":
                (self.world.repository / words[0]).write_text(output)
            else:
                output = self._command(words, output)
            operator, words = word, []
        return output

    def _expanded(self, line: str) -> str:
        """Replace the variables outside of single quotes."""

        def value(match: re.Match[str]) -> str:
            require(not match[1] or match[1] in self.world.variables, f"{match[1]}: unbound variable")
            return self.world.variables[match[1]] if match[1] else match[0]

        return re.sub(r"'[^']*'|\$(\w+)", value, line)

    def _command(self, words: Sequence[str], piped: str) -> str:
        before = len(self.world.output)
        match words:
            case ["grep", text]:
                return "".join(line for line in piped.splitlines(keepends=True) if text in line)
            case ["jq", path]:
                result = jmespath.search(path.removeprefix("."), json.loads(piped))
                require(result is not None, f"jq: {path} is null")
                return json.dumps(result)
            case ["aws", service, operation, *rest]:
                self.create()
                self._require_named(words)
                self.world.output += self._aws(service, operation, rest)
            case _:
                self.world.execute(words)
        return self.world.output[before:]

    def _require_named(self, words: Sequence[str]) -> None:
        """Refuse a name that begins as the stack's or the pipeline's names, and that no resource has.

        AWS answers many such requests with an empty result, such as a metric of a topic that does not exist.
        """
        names = [name for account, name in self._created if account == self.world.account()]
        for name in re.findall(r"\bpayment-(?:dev|pipeline)[\w-]*", " ".join(words)):
            require(
                name in names or (name[-1] == "-" and any(name in existing for existing in names)),
                f"no resource {name}",
            )

    def _aws(self, service: str, operation: str, words: Sequence[str]) -> str:
        with patch.dict("os.environ", {"MOTO_ACCOUNT_ID": self.world.account()}):
            try:
                answer = self._answer(client(_SERVICES.get(service, service), self._region), operation, words)
            except (BotoCoreError, ClientError) as error:
                raise Refused(str(error)) from error
        answer.pop("ResponseMetadata", None)
        flags = options(words) if words and words[0].startswith("--") else {}
        if "query" in flags:
            answer = jmespath.search(flags["query"][0], answer)
            require(answer is not None, f"{flags['query'][0]}: None")
        return printed(answer, text=flags.get("output") == ["text"])

    @property
    def _region(self) -> str:
        require("AWS_REGION" in self.world.variables, "You must specify a region")
        return self.world.variables["AWS_REGION"]

    def _answer(self, aws: Any, operation: str, words: Sequence[str]) -> Any:
        match (aws.meta.service_model.service_name, operation, words):
            case ["s3", "cp", [source, target]]:
                return self._upload(aws, source, *_place(target))
            case ["s3", "ls", [*_, target]]:
                bucket, prefix = _place(target)
                return aws.list_objects_v2(Bucket=bucket, Prefix=prefix)
            case ["logs", "tail", [group, *_]]:
                return aws.filter_log_events(logGroupName=group)
        model = aws.meta.service_model
        known = {xform_name(name, "-"): name for name in model.operation_names}
        require(operation in known, f"{model.service_name} has no operation {operation}")
        model = model.operation_model(known[operation])
        arguments = parameters(model.input_shape, words, self.world.repository)
        try:
            if model.service_model.service_name not in self.spared:
                return getattr(aws, xform_name(model.name))(**arguments)
        except ClientError as error:
            if code(error) not in _UNKNOWN:
                raise
        except (NotImplementedError, TypeError):
            pass
        return self._stand_in(aws, model, arguments)

    def _upload(self, s3: Any, file: str, bucket: str, key: str) -> dict[str, str]:
        """Put a file into a bucket. A list starts an execution of the state machine, as EventBridge does."""
        path = self.world.repository / file
        require(path.exists(), f"The user-provided path {file} does not exist.")
        s3.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())
        steps = client("stepfunctions", self._region)
        [machine] = steps.list_state_machines()["stateMachines"]
        steps.start_execution(stateMachineArn=machine["stateMachineArn"], input=json.dumps({"key": key}))
        return {"upload": f"{file} to s3://{bucket}/{key}"}

    def _stand_in(self, aws: Any, model: Any, arguments: Mapping[str, Any]) -> Any:
        """Return a sample of an answer. Refuse a vault that does not exist, and a sample of another kind or account."""
        self.lacking.add(f"{model.service_model.service_name} {xform_name(model.name, '-')}")
        account = self.world.account()
        if "BackupVaultName" in arguments:
            aws.describe_backup_vault(BackupVaultName=arguments["BackupVaultName"])
        for name, value in arguments.items():
            known = not isinstance(value, str) or "@" not in value or value == f"{name}@{account}"
            require(known, f"{name}: {value} is not of {account}")
        if model.name == "StartRestoreJob":
            table = {"TableName": arguments["Metadata"]["targetTableName"], "BillingMode": "PAY_PER_REQUEST"}
            key: Any = {"AttributeName": "pk"}
            schema = {"KeySchema": [key | {"KeyType": "HASH"}], "AttributeDefinitions": [key | {"AttributeType": "S"}]}
            client("dynamodb", aws.meta.region_name).create_table(**table, **schema)
        return sample(model.output_shape, "", account)

    def create(self) -> None:
        """Create the resources of the deployed stacks of the account that do not exist yet. Raises Refused."""
        account = self.world.account()
        with patch.dict("os.environ", {"MOTO_ACCOUNT_ID": account}):
            for key, graph in self.world.graphs.items():
                new = [node for node in graph.nodes if (account, node.called) not in self._created]
                if self.world.accounts[key] == account:
                    for node in sorted(new, key=lambda node: [*CREATED, node.kind].index(node.kind)):
                        self._create(key, node)
                        self._created.add((account, node.called))

    def _create(self, key: tuple[str, str], node: Node) -> None:
        if node.kind in CREATED and (not node.kind.startswith("cloudwatch/") or node.called in self.text):
            kept = {name: value for name, value in plain(node.inputs).items() if name in CREATED[node.kind]}
            call, own = next(divided(KINDS[node.kind], converted(KINDS[node.kind], self.world.placed(key, kept))))
            aws = client(call.service, self._region)
            request = {**call.parameters({**call.made, **own}), **self._further(node, aws)}
            getattr(aws, xform_name(call.operation))(**request)

    def _further(self, node: Node, aws: Any) -> dict[str, Any]:
        """Return the parameters whose recorded values moto refuses."""
        match node.kind:
            case "s3/bucket":
                place = {"LocationConstraint": aws.meta.region_name}
                return {"Bucket": node.called, "CreateBucketConfiguration": place}
            case "lambda/function":
                return {"Code": {"ZipFile": b"zip"}}
            case "lambda/alias":
                return {"FunctionVersion": "$LATEST"}
            case "lambda/eventSourceMapping":
                table = client("dynamodb", aws.meta.region_name)
                [name] = table.list_tables()["TableNames"]
                stream = table.describe_table(TableName=name)["Table"]["LatestStreamArn"]
                function = node.inputs["functionName"].partition(":function:")[2]
                return {"FunctionName": function, "EventSourceArn": stream, "StartingPosition": "LATEST"}
        return {}


def _place(address: str) -> tuple[str, str]:
    """Return the bucket and the key of an address."""
    require(address.startswith("s3://"), f"{address}: Invalid argument type")
    bucket, _, key = address.removeprefix("s3://").partition("/")
    return bucket, key

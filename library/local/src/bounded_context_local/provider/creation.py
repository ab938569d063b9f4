"""Creation of a resource: the AWS calls and the names of its type, and the changes of its inputs for the emulator.

`adapted` lists each difference from AWS.
"""

import copy
import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError
from pulumi import Archive, Asset, FileArchive
from pydantic import BaseModel

from bounded_context_cli.command.output import LocalRunError
from bounded_context_cli.programs.requests import Inputs, ProviderCall, Untranslatable, converted, divided
from bounded_context_infra._parts.queues import SCANS

from .. import stand_ins
from ..emulator.aws import Aws
from ..emulator.clock import shortened

Facts = Mapping[str, Any]
Created = tuple[str, dict[str, Any]]
"""The physical id of a resource, and its outputs with Pulumi's property names."""


class Request:
    """A resource of the program. `adapted` lists its differences from AWS, with their reasons."""

    def __init__(self, kind: str, name: str, inputs: Inputs, program: Path) -> None:
        """Copy the inputs for AWS calls. Asset paths are relative to the folder `program`."""
        self.kind = kind
        self.name = name
        self.program = program
        self.inputs = {key: value for key, value in copy.deepcopy(inputs).items() if value is not None}
        self.adapted: list[str] = []

    def take(self, key: str) -> Any:
        """Remove and return an input; None if the program does not set it."""
        return self.inputs.pop(key, None)

    def physical_name(self, key: str) -> str:
        """Remove and return the name, or generate it as Pulumi does, with a suffix that is the same in every run."""
        suffix = hashlib.sha256(f"{self.kind} {self.name}".encode()).hexdigest()[:7]
        prefix = self.take(f"{key}Prefix") or f"{self.name}-"
        return self.take(key) or f"{prefix}{suffix}".lower()

    def read_archives(self) -> None:
        """Replace each archive among the inputs by the content of its file."""
        for key, value in self.inputs.items():
            if isinstance(value, FileArchive):
                self.inputs[key] = (self.program / value.path).read_bytes()
            elif isinstance(value, Archive | Asset):
                raise Untranslatable(f"input {key!r} is a {type(value).__name__}, not a file archive")


class Resource(BaseModel, frozen=True, extra="forbid", arbitrary_types_allowed=True):
    """A resource type: the calls that create its resources, and the names.

    Facts are the inputs, the parameters and the results by name, and `region`, `account` and `endpoint`. `identity` and
    the values of `outputs` are the name of a fact, or a text with facts in braces.

    Attributes:
        calls: the calls of the provider. A call that deletes the resource is never made.
        identity: the physical id.
        outputs: Pulumi's outputs that are not inputs.
        named: the input with the physical name, which is generated if the program does not set it.
        adapt: functions that change the inputs for the emulator, before the call.
        note: a difference from AWS that all resources of the type have.
        needs: an input without which the call is omitted.
        settle: functions that are called after the first call, and before the further calls.
    """

    calls: tuple[ProviderCall, ...]
    identity: str
    outputs: dict[str, str] = {}
    named: str = ""
    adapt: tuple[Callable[[Aws, Request], None], ...] = ()
    note: str = ""
    needs: str = ""
    settle: tuple[Callable[[Aws, Facts], None], ...] = ()

    def create(self, aws: Aws, request: Request) -> Created:
        """Create a resource. Raises Untranslatable if an operation has no parameter for an input."""
        self._prepare(aws, request)
        (call, inputs), *further = divided(self.calls, request.inputs)
        facts: Inputs = {"region": aws.region, "account": aws.account, "endpoint": aws.emulator.endpoint, **inputs}
        if not self.needs or self.needs in inputs:
            facts |= _send(aws, call, inputs, facts)
        for settle in self.settle:
            settle(aws, facts)
        for call, inputs in further:
            if not call.deletes:
                _send(aws, call, inputs, facts)
        outputs = {self.named: facts[self.named]} if self.named else {}
        return str(_fact(self.identity, facts)), outputs | {key: _fact(at, facts) for key, at in self.outputs.items()}

    def _prepare(self, aws: Aws, request: Request) -> None:
        """Set the physical name, the archives, the API's form and the changes for the emulator."""
        if self.named:
            request.inputs[self.named] = request.physical_name(self.named)
        request.read_archives()
        request.inputs = converted(self.calls, request.inputs)
        for adapt in self.adapt:
            adapt(aws, request)
        if self.note:
            request.adapted.append(self.note)


def _send(aws: Aws, call: ProviderCall, inputs: Inputs, facts: Facts) -> Inputs:
    """Make a call, and return its parameters and its result as facts."""
    parameters = call.parameters({**call.made, **inputs}, facts)
    result = aws.call(call.service, xform_name(call.operation), **parameters)
    nested = [part for part in result.values() if isinstance(part, dict)]
    return {key: value for part in (*nested, result, parameters) for key, value in part.items()}


def _fact(text: str, facts: Facts) -> Any:
    return text.format_map(facts) if "{" in text else facts.get(text)


def parameter_value(aws: Aws, name: str) -> str | None:
    """Return the value of a parameter; None if the parameter does not exist."""
    try:
        return aws.call("ssm", "get_parameter", Name=name)["Parameter"]["Value"]
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ParameterNotFound":
            raise
        return None


def read(aws: Aws, name: str) -> str:
    """Return the value of a parameter. Raises LocalRunError if the parameter does not exist."""
    value = parameter_value(aws, name)
    if value is None:
        raise LocalRunError(f"the parameter {name} does not exist: deploy the context that publishes it first")
    return value


CODEDEPLOY = "codedeploy.amazonaws.com"
TRANSFER = "transfer.amazonaws.com"

STREAM_BATCH = 1000
"""The records of a stream in a local batch. A function of a stack with default settings publishes them in seconds."""

THROTTLED = "Lambda.TooManyRequestsException"
"""Error of a function call that exceeds the account's concurrency."""

EMULATORS_THROTTLED = "Lambda.Unknown"
"""The emulator's error for the same case, as on AWS in the past. No other failure there has this name."""


def without_tls_statements(_: Aws, request: Request) -> None:
    """Remove the statements that deny plain HTTP from a resource policy; remove a policy without other statements."""
    policy = json.loads(request.take("policy"))
    statements = as_list(policy["Statement"])
    remaining = [
        statement
        for statement in statements
        if statement["Effect"] != "Deny" or "aws:SecureTransport" not in json.dumps(statement.get("Condition", {}))
    ]
    if len(remaining) < len(statements):
        request.adapted.append("the statement that denies plain HTTP is omitted, because the emulator uses plain HTTP")
    if remaining:
        request.inputs["policy"] = json.dumps(policy | {"Statement": remaining})


def as_list(value: Any) -> list[Any]:
    """Return a value or a list of values, as IAM permits both, as a list."""
    return value if isinstance(value, list) else [value]


def with_suppressor(_: Aws, request: Request) -> None:
    """List that a suppressor has no effect."""
    if "actionsSuppressor" in request.inputs:
        request.adapted.append("the emulator stores the suppressor and ignores it")


def with_short_periods(_: Aws, request: Request) -> None:
    """Shorten the periods of a metric alarm."""
    inputs = request.inputs
    if "metricQueries" in inputs:
        inputs["metricQueries"] = [{"returnData": False} | _shortened(query) for query in inputs["metricQueries"]]
        request.adapted.append(
            "the alarm stays OK: the emulator has no metric math; the page of dashboards calculates it"
        )
    else:
        request.inputs = _shortened(inputs)


def _shortened(block: dict[str, Any]) -> dict[str, Any]:
    """Return a block of inputs whose periods are local durations."""
    period, metric = block.get("period"), block.get("metric")
    changes = {"period": period and shortened(period), "metric": metric and _shortened(metric)}
    return block | {key: value for key, value in changes.items() if value}


def calculating_alarm_ok(aws: Aws, facts: Facts) -> None:
    """Set the state of an alarm with queries to OK, because the emulator evaluates no metric queries."""
    if "Metrics" in facts:
        reason = "The emulator does not evaluate metric math."
        aws.call("cloudwatch", "set_alarm_state", AlarmName=facts["AlarmName"], StateValue="OK", StateReason=reason)


def with_assumable_role(aws: Aws, request: Request) -> None:
    """Let the root user assume a deployment group's role, so a deployment has only the role's permissions."""
    _trust_root(aws, request, "serviceRoleArn", CODEDEPLOY)
    if request.inputs.get("triggerConfigurations"):
        request.adapted.append("its deployments cause no notifications: the extension has no triggers")


def with_assumable_access_role(aws: Aws, request: Request) -> None:
    """Let the root user assume a connector's role, so a transfer has only the role's permissions."""
    _trust_root(aws, request, "accessRole", TRANSFER)


def _trust_root(aws: Aws, request: Request, member: str, service: str) -> None:
    name = request.inputs[member].rpartition("/")[2]
    policy = aws.call("iam", "get_role", RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    statements = as_list(policy["Statement"])
    if service not in json.dumps(statements):
        raise Untranslatable(f"the service role {name} does not trust {service}")
    root = {"AWS": f"arn:aws:iam::{aws.account}:root"}
    trusting = [*statements, {"Effect": "Allow", "Principal": root, "Action": "sts:AssumeRole"}]
    document = json.dumps(policy | {"Statement": trusting})
    aws.call("iam", "update_assume_role_policy", RoleName=name, PolicyDocument=document)
    request.adapted.append("its service role also trusts the root user, because the extension is not an AWS service")


def table_exists(aws: Aws, facts: Facts) -> None:
    """Wait until a table exists."""
    waiter = aws.client("dynamodb").get_waiter("table_exists")
    waiter.wait(TableName=facts["TableName"], WaiterConfig={"Delay": 1, "MaxAttempts": 30})


def target_accepted(_: Aws, facts: Facts) -> None:
    """Raise ValueError if EventBridge rejected a rule's target."""
    if facts["FailedEntryCount"]:
        raise ValueError(f"EventBridge rejected the target: {facts['FailedEntries']}")


def with_trace_address(aws: Aws, request: Request) -> None:
    """On a joined emulator, set the address of this run's X-Ray daemon in a function's environment."""
    if aws.emulator.joined:
        variables = request.inputs.setdefault("environment", {}).setdefault("variables", {})
        variables["AWS_XRAY_DAEMON_ADDRESS"] = aws.emulator.trace_address
        request.adapted.append("its environment names this run's X-Ray daemon, not the daemon of the joined run")


def that_is_enabled(_: Aws, request: Request) -> None:
    """Reject a disabled key, because no call of its creation disables it."""
    if request.take("isEnabled") is False:
        raise Untranslatable("input 'isEnabled' is False: a local run has no disabled keys")


def with_large_batches(_: Aws, request: Request) -> None:
    """Read more records of a stream at once: the emulator has one batch at a time, and waits for the log of each."""
    if ":dynamodb:" in request.inputs["eventSourceArn"]:
        request.inputs["batchSize"] = STREAM_BATCH
        request.adapted.append(f"its batches have up to {STREAM_BATCH} records: the emulator has one at a time")


def with_function_name(_: Aws, request: Request) -> None:
    """Replace the ARN of an alias's function by the function's name."""
    request.inputs["functionName"] = request.inputs["functionName"].rsplit(":function:", 1)[-1]


def in_region(aws: Aws, request: Request) -> None:
    """Set the region of a bucket. S3 accepts no constraint for us-east-1."""
    if aws.region != "us-east-1":
        request.inputs["createBucketConfiguration"] = {"locationConstraint": aws.region}


def with_generated_value(_: Aws, request: Request) -> None:
    """Generate the value of a secret, because no person sets a value on this machine."""
    request.inputs["secretString"] = f"generated for {request.inputs['name']}"
    request.adapted.append("the run generates its value")


def with_filter_on_body(_: Aws, request: Request) -> None:
    """Apply a filter on the attribute `type` to the body's `type`, which has the same value in a CloudEvent."""
    request.inputs["returnSubscriptionArn"] = True
    if json.loads(request.inputs.get("filterPolicy") or "{}").keys() == {"type"}:
        request.inputs["filterPolicyScope"] = "MessageBody"
        request.adapted.append(
            "the filter matches the body's type: the emulator's Step Functions omits message attributes"
        )


def with_ungrouped_batches(_: Aws, request: Request) -> None:
    """List that the messages of a batch lose their groups."""
    request.adapted.append(
        "events have no message group: the emulator forwards the group of Publish, not of PublishBatch"
    )


def with_default_event(_: Aws, request: Request) -> None:
    """Call a schedule's function with the emulator's default event, which has the time of the call."""
    if request.inputs["target"].pop("input", None):
        request.adapted.append("the event has the time of the call: the emulator fills no attributes of the input")


def with_local_scans(_: Aws, request: Request) -> None:
    """Match the events of the stand-in for GuardDuty, because only AWS may send events of `aws.guardduty`."""
    pattern = request.inputs.get("eventPattern") or ""
    if f'"{SCANS}"' in pattern:
        request.inputs["eventPattern"] = pattern.replace(f'"{SCANS}"', f'"{stand_ins.SCAN_SOURCE}"')
        request.adapted.append(
            f"the rule matches events of {stand_ins.SCAN_SOURCE}: a stand-in of this run scans uploads"
        )


def with_emulator_errors(_: Aws, request: Request) -> None:
    """Retry the emulator's error for throttled calls too."""
    definition = request.inputs["definition"]
    retried = definition.replace(f'"{THROTTLED}"', f'"{THROTTLED}", "{EMULATORS_THROTTLED}"')
    if retried != definition:
        request.inputs["definition"] = retried
        request.adapted.append(
            f"{EMULATORS_THROTTLED} is retried like {THROTTLED}: the emulator's name of the same error"
        )

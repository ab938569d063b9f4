"""A Lambda function."""

import re
from collections.abc import Collection, Mapping

import pulumi
from pulumi_aws import iam, lambda_

from bounded_context_infra._parts import (
    PYTHON,
    Component,
    Stack,
    Statement,
    all_routes,
    allow,
    document,
    grant,
    kebab,
    policy_name,
    trust,
)

ARCHITECTURE = "arm64"
RUNTIME = f"python{PYTHON}"
LOG_LEVEL = "INFO"
LEAST_LEVEL = "DEBUG"
"""The lowest level that Lambda stores. With INFO, Lambda would drop the DEBUG lines of sampled calls."""

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_RESERVED = re.compile(r"(AWS|LAMBDA|POWERTOOLS)_.*|TZ")


_GRANTING = ("key", "table")
"""The components whose permission in a function's role has their name."""


class Function(Component):
    """A function with its own role and log group. Callers call the alias of its release, never the function.

    If another role of the stack has the function's name, the function's role gets the end `--function`. If a component
    that grants permissions has it, the function's own policy does. No name in snake_case gives this end.
    """

    urn_type = "bounded-context:infra:Function"

    def __init__(
        self,
        name: str,
        stack: Stack,
        *,
        handler: str,
        code: pulumi.Archive,
        layer_arn: pulumi.Input[str],
        timeout: int,
        memory: int,
        environment: Mapping[str, pulumi.Input[str]],
    ) -> None:
        """Make the function; `timeout` in seconds, `memory` in MB.

        The stack's setting `reserved_concurrency` sets its reserved executions. Raises ValueError for a reserved
        variable.
        """
        self.snake_name, name = name, kebab(name)
        own = _environment(name, environment)
        labels = stack.labels
        super().__init__(_distinct(name, _GRANTING), labels)
        self.timeout, role = timeout, _distinct(name, stack.roles)
        self.log_group = log_group = stack.logs.group("lambda", name, parent=self)
        self.role = iam.Role(role, assume_role_policy=trust("lambda"), **self.named(role))
        writes = grant(self, self.role, *_write_logs_and_traces(log_group.arn))
        self.function = lambda_.Function(
            name,
            role=self.role.arn,
            code=code,
            layers=[layer_arn],
            handler=handler,
            runtime=RUNTIME,
            architectures=[ARCHITECTURE],
            code_signing_config_arn=stack.settings.code_signing,
            timeout=timeout,
            memory_size=memory,
            reserved_concurrent_executions=stack.settings.reserved_concurrency.get(self.snake_name),
            environment={"variables": {**_common(stack), **own}},
            tracing_config={"mode": "Active"},
            logging_config={"log_format": "JSON", "log_group": log_group.name, "application_log_level": LEAST_LEVEL},
            publish=True,
            snap_start=self._snap_start(stack),
            **self.named(name, depends_on=[log_group, writes]),
        )
        self.register_outputs({"arn": self.function.arn})

    def _snap_start(self, stack: Stack) -> "lambda_.FunctionSnapStartArgsDict | None":
        """Return the use of snapshots, if the stack has them and a caller of the API waits for the function's start."""
        starts = stack.settings.snap_start and self.snake_name in all_routes(stack.context)
        return {"apply_on": "PublishedVersions"} if starts else None

    def permit(self, name: str, *statements: Statement) -> iam.RolePolicy:
        """Give the function the given statements, for the context's own resource `name`."""
        name = policy_name(self.role, name)
        return iam.RolePolicy(
            f"{name}-to-{self.name}",
            name=name,
            role=self.role.name,
            policy=document(*statements),
            opts=self.child(),
        )


def _distinct(name: str, names: Collection[str]) -> str:
    return f"{name}--function" if name in names else name


def _common(stack: Stack) -> dict[str, str]:
    return {
        "POWERTOOLS_SERVICE_NAME": stack.context.name,
        "POWERTOOLS_METRICS_NAMESPACE": stack.labels.prefix,
        "POWERTOOLS_LOG_LEVEL": LOG_LEVEL,
        "POWERTOOLS_LOGGER_SAMPLE_RATE": f"{stack.settings.debug_percent / 100:g}",
        # The layer has no plugins, and the search for them takes some 4 percent of a cold start.
        "PYDANTIC_DISABLE_PLUGINS": "__all__",
    }


def _environment(function: str, environment: Mapping[str, pulumi.Input[str]]) -> Mapping[str, pulumi.Input[str]]:
    for variable in environment:
        if _RESERVED.fullmatch(variable):
            raise ValueError(f"{function} sets {variable}: names of AWS, Lambda and Powertools are reserved.")
        if not _VARIABLE.fullmatch(variable):
            raise ValueError(f"{function} sets {variable!r}: write upper-case letters, digits and underscores.")
    return environment


def _write_logs_and_traces(log_group_arn: pulumi.Input[str]) -> tuple[Statement, ...]:
    streams = pulumi.Output.concat(log_group_arn, ":*")
    return (
        allow(["logs:CreateLogStream", "logs:PutLogEvents"], streams),
        # X-Ray has no resource-level permissions for these actions.
        allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*"),
    )

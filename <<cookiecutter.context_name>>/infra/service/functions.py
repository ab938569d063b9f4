"""The functions of the context as data, and the loop that makes them."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_aws import lambda_

from infra.components.fanout import Fanout
from infra.components.function import ARCHITECTURE, RUNTIME, Function
from infra.components.inbound import TIMEOUT, Inbound
from infra.components.inbox import Folder, Inbox
from infra.components.key import Key
from infra.components.table import Operation, Table
from infra.context import COMMANDS, CONTEXT, VERIFICATION
from infra.labels import Labels
from infra.logs import Logs
from infra.service.inbound import ON_EVENT, variables
from infra.settings import Settings

RELAY = "relay_events"
MEASURE = "measure_lists"
WATCH = "watch_lists"
PRE_TRAFFIC = "pre_traffic"
POST_TRAFFIC = "post_traffic"

_ONE_CPU = 1769
"""MB of memory at which Lambda gives a function one whole processor."""


@dataclass(frozen=True)
class Spec:
    """A function: its limits (seconds, MB), the variables it is told, and what it may do."""

    name: str
    timeout: int
    memory: int
    variables: tuple[str, ...]
    items: tuple[Operation, ...] = ()
    read: tuple[Folder, ...] = ()
    write: tuple[Folder, ...] = ()
    list_: tuple[Folder, ...] = ()

    @property
    def uses_objects(self) -> bool:
        """Whether the function needs the inbox."""
        return bool(self.read or self.write or self.list_)


def _command(name: str) -> Spec:
    return Spec(name, 10, 512, ("TABLE_NAME",), items=("GetItem", "PutItem", "UpdateItem", "DeleteItem"))


SPECS = (
    *map(_command, COMMANDS),
    Spec(
        "register_list",
        900,
        _ONE_CPU,
        ("TABLE_NAME", "INBOX_BUCKET", "MAX_LIST_BYTES"),
        items=("GetItem", "PutItem", "UpdateItem"),
        read=("incoming",),
        list_=("incoming",),
    ),
    Spec(
        "validate_list",
        900,
        _ONE_CPU,
        ("TABLE_NAME", "INBOX_BUCKET", "TOLERATED_SHARE", "PART_ROWS"),
        items=("GetItem", "UpdateItem"),
        read=("incoming",),
        write=("staging", "reports"),
    ),
    Spec(
        VERIFICATION,
        900,
        _ONE_CPU,
        ("TABLE_NAME", "INBOX_BUCKET", "TOLERATED_SHARE"),
        items=("GetItem", "BatchGetItem", "UpdateItem"),
        read=("staging",),
        write=("staging", "reports"),
    ),
    Spec(
        "import_list",
        240,
        _ONE_CPU,
        ("TABLE_NAME", "INBOX_BUCKET"),
        items=("GetItem", "BatchGetItem", "PutItem", "UpdateItem"),
        read=("staging",),
    ),
    Spec(
        "compensate_error",
        900,
        _ONE_CPU,
        ("TABLE_NAME", "INBOX_BUCKET"),
        items=("GetItem", "UpdateItem", "DeleteItem"),
        read=("staging", "reports"),
        write=("reports",),
        list_=("staging",),
    ),
    Spec(RELAY, 60, 512, ("TOPIC_ARN",)),
    Spec(MEASURE, 60, 256, ("IMPORT_TARGET_SECONDS",)),
    Spec(WATCH, 30, 256, ("STATE_MACHINE_ARN",)),
    Spec(ON_EVENT, TIMEOUT, 512, ("TABLE_NAME", "CONSUMES", "DEAD_LETTER_URL"), items=("PutItem",)),
)

HOOKS = (
    Spec(PRE_TRAFFIC, 120, 512, ("FUNCTION_PREFIX",)),
    Spec(POST_TRAFFIC, 120, 512, ("FUNCTION_PREFIX",)),
)
"""What CodeDeploy calls before and after it shifts the traffic of one of the others."""


def deploy(
    labels: Labels,
    logs: Logs,
    settings: Settings,
    key: Key,
    table: Table,
    inbox: Inbox,
    fanout: Fanout,
    inbound: Inbound,
    machine: pulumi.Input[str],
) -> dict[str, Function]:
    """Make every function, the hooks of their releases too, with its permissions; returns them by name.

    `machine` is the ARN of the state machine, which is made after what it calls.
    """
    layer = _layer(labels, settings.artifacts)
    code = pulumi.FileArchive(f"{settings.artifacts}/code.zip")
    values = {**_values(labels, settings, table, inbox, fanout), "STATE_MACHINE_ARN": machine}
    values |= variables(settings, inbound)
    specs = (*SPECS, *HOOKS)
    percent = settings.debug_percent
    functions = {spec.name: _function(spec, labels, logs, code, layer, values, percent) for spec in specs}
    for spec in specs:
        _permit(spec, functions[spec.name], key, table, inbox)
    fanout.grant_publish(functions[RELAY].role)
    return functions


def _values(
    labels: Labels, settings: Settings, table: Table, inbox: Inbox, fanout: Fanout
) -> Mapping[str, pulumi.Input[str]]:
    return {
        "FUNCTION_PREFIX": f"{labels.prefix}-",
        "TABLE_NAME": table.table_name,
        "INBOX_BUCKET": inbox.bucket_name,
        "TOPIC_ARN": fanout.topic.arn,
        "MAX_LIST_BYTES": str(settings.max_list_mb * 1024 * 1024),
        "TOLERATED_SHARE": str(settings.tolerated_share),
        "PART_ROWS": str(settings.part_rows),
        "IMPORT_TARGET_SECONDS": str(settings.objectives.import_minutes * 60),
    }


def _layer(labels: Labels, artifacts: str) -> lambda_.LayerVersion:
    return lambda_.LayerVersion(
        "dependencies",
        layer_name=labels.name("dependencies"),
        code=pulumi.FileArchive(f"{artifacts}/layer.zip"),
        compatible_runtimes=[RUNTIME],
        compatible_architectures=[ARCHITECTURE],
        # Published versions of the functions, to which a rollout may return, keep using their layer.
        skip_destroy=True,
    )


def _function(
    spec: Spec,
    labels: Labels,
    logs: Logs,
    code: pulumi.Archive,
    layer: lambda_.LayerVersion,
    values: Mapping[str, pulumi.Input[str]],
    debug_percent: float,
) -> Function:
    return Function(
        spec.name,
        labels,
        logs,
        handler=f"{CONTEXT}.handlers.{spec.name}.lambda_handler",
        code=code,
        layer_arn=layer.arn,
        timeout=spec.timeout,
        memory=spec.memory,
        environment={variable: values[variable] for variable in spec.variables},
        debug_percent=debug_percent,
    )


def _permit(spec: Spec, function: Function, key: Key, table: Table, inbox: Inbox) -> None:
    key.grant_use(function.role)
    if spec.items:
        table.grant_items(function.role, *spec.items)
    if spec.uses_objects:
        inbox.grant_objects(function.role, read=spec.read, write=spec.write, list_=spec.list_)

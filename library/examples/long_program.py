"""The service's program with `Functions`, `Canary` and `Observability` written out in public names.

It registers the same resources, with the same inputs, as the program that the template bakes for Payment: a test holds
the two against each other. Take from it what has to differ. What it leaves out are the stack's outputs, which
`Observability` exports.
"""

import json
from typing import Any

import pulumi
from functions import FUNCTIONS
from payment.context import PAYMENT
from pulumi_aws import lambda_

from bounded_context_infra import (
    ALL_KEYS,
    HOOKS,
    PLATFORM,
    Dashboards,
    DeadLetterAlarms,
    Fanout,
    Function,
    FunctionAlarms,
    Health,
    HttpApi,
    Inbound,
    Inbox,
    ListAlarms,
    Preset,
    Queries,
    Release,
    Releases,
    Schedule,
    Stack,
    Table,
    Traces,
    Workflow,
    entry_point,
)

COMMAND = Preset(
    timeout=10,
    memory=512,
    variables=("CONTEXT", "TABLE_NAME"),
    items=("GetItem", "PutItem", "UpdateItem", "DeleteItem"),
)
IMPORT = "list-import"

stack = Stack(PAYMENT)
settings, labels = stack.settings, stack.labels
table = Table("table", stack)
fanout = Fanout("fanout", stack)
inbound = Inbound("inbound", stack)
inbox = Inbox("inbox", stack)

# Functions: a layer, each function by its preset, and what each may do.
presets = {**FUNCTIONS, **PLATFORM, **dict.fromkeys(PAYMENT.command_functions, COMMAND)}
presets = {name: presets[name] for name in (*PAYMENT.functions, *HOOKS)}  # as dashboards and queries show them
environment: dict[str, pulumi.Input[str]] = {
    "CONTEXT": "payment.context:PAYMENT",
    "FUNCTION_PREFIX": f"{labels.prefix}-",
    "MAX_LIST_BYTES": str(settings.max_list_mb * 1024 * 1024),
    "TOLERATED_SHARE": str(settings.tolerated_share),
    "PART_ROWS": str(settings.part_rows),
    "TEMPORARY_NAMES": json.dumps(settings.temporary_names),
    "FORMATS": json.dumps({name: format_.settings for name, format_ in settings.formats.items()}),
    "IMPORT_TARGET_SECONDS": str(settings.objectives.import_minutes * 60),
    "CONSUMES": json.dumps(
        {
            other: {"aggregate": kind.aggregate, "created_by": kind.created_by, "deleted_by": kind.deleted_by}
            for other, kind in settings.consumes.items()
        }
    ),
    "TABLE_NAME": table.table_name,
    "INBOX_BUCKET": inbox.bucket_name,
    "TOPIC_ARN": fanout.topic.arn,
    "DEAD_LETTER_URL": inbound.dead_letter_url,
    "STATE_MACHINE_ARN": stack.machine_arn(IMPORT),
}
others = [kind.key for kind in settings.consumes.values()]  # the beginnings of their items' keys
layer = lambda_.LayerVersion(
    "dependencies",
    layer_name=labels.name("dependencies"),
    code=pulumi.FileArchive(f"{settings.artifacts}/layer.zip"),
    compatible_runtimes=["python3.14"],
    compatible_architectures=["arm64"],
    skip_destroy=True,
)


def made(name: str, preset: Preset) -> Function:
    """A function, and what its role may do."""
    function = Function(
        name,
        stack,
        handler=preset.handler or entry_point(PAYMENT, name),
        code=pulumi.FileArchive(f"{settings.artifacts}/code.zip"),
        layer_arn=layer.arn,
        timeout=preset.timeout,
        memory=preset.memory,
        environment={variable: environment[variable] for variable in preset.variables},
    )
    stack.key.grant_use(function.role)
    if preset.items and (keys := others if preset.of_others else ALL_KEYS):
        table.grant_items(function.role, *preset.items, keys=keys)
    if preset.queries:
        table.grant_queries(function.role)
    if preset.uses_objects:
        inbox.grant_objects(function.role, read=preset.read, write=preset.write, list_=preset.list_)
    return function


functions = {name: made(name, preset) for name, preset in presets.items()}
fanout.grant_publish(functions["relay_events"].role)

# Canary: what all releases share, and a release for each function that is called.
called = [name for name in functions if name not in HOOKS]
arns = [functions[name].function.arn for name in called]
shared = Releases("release", stack)
shared.permit(arns, [functions[name].function.arn for name in HOOKS])
for name in HOOKS:
    shared.grant_check(functions[name].role, arns)
stack.key.grant_use(shared.role)
stack.warnings.grant_publish(shared.role)
live = {name: Release(name, stack, function=functions[name], shared=shared) for name in called}
FunctionAlarms("functions", stack, live)

workflow = Workflow(IMPORT, stack, live, table=table, inbox=inbox, fanout=fanout)
inbox.start(workflow)
table.feed(live["relay_events"], "aggregates", severity="critical")
table.feed(live["measure_lists"], "lists")
inbound.feed(live["on_event"])
Schedule("watch-lists", stack, live["watch_lists"])
Schedule("sweep-uploads", stack, live["sweep_uploads"], "rate(15 minutes)")
HttpApi("api", stack, live)

# Observability: alarms on lists, the one on all alarms, how much X-Ray keeps, saved queries, the dashboards.
ListAlarms("lists", stack)
DeadLetterAlarms("dead-letters", stack)
Health("unhealthy", stack)
Traces("traces", stack)
Queries("queries", stack, {name: function.log_group for name, function in functions.items()})
steps = {*PAYMENT.command_functions, *PAYMENT.steps}
groups = {
    "Commands": PAYMENT.command_functions,
    "Steps of an import": PAYMENT.steps,
    "Other functions": [name for name in PAYMENT.functions if name in called and name not in steps],
}
dead_letters = {what: url for part in (fanout, table, inbox, inbound) for what, url in part.dead_letter_queues.items()}


def alarm_arns(severity: Any) -> pulumi.Output[list[str]]:
    """The alarms that tell somebody so."""
    both = pulumi.Output.all(stack.account.arn("cloudwatch", "alarm:"), stack.alerts.names(severity))
    return both.apply(lambda known: [f"{known[0]}{name}" for name in known[1]])


def queue_name(url: pulumi.Output[str]) -> pulumi.Output[str]:
    """The last part of a queue's URL."""
    return url.apply(lambda text: text.rsplit("/", 1)[1])


def operation(action: str) -> str:
    """Return by which operation an action is done: INSERT statements are sent in batches."""
    return "BatchExecuteStatement" if action == "PartiQLInsert" else action


allowed = {action for name in called for action in presets[name].items}
Dashboards(
    "dashboards",
    stack,
    {
        "region": stack.account.region,
        "runbook": settings.runbook_url,
        "target_seconds": settings.objectives.import_minutes * 60,
        "alarms": {"Critical": alarm_arns("critical"), "Warning": alarm_arns("warning")},
        "functions": {title: [functions[name].function.name for name in names] for title, names in groups.items()},
        "log_groups": [functions[name].log_group.name for names in groups.values() for name in names],
        "machine_arn": workflow.machine.arn,
        "rules": inbox.rules,
        "server": inbox.server_id,
        "table": table.table_name,
        "operations": sorted({"TransactWriteItems", *map(operation, allowed)}),
        "readers": table.readers,
        "topic": fanout.topic.name,
        "queues": {what: queue_name(url) for what, url in fanout.queues.items()},
        "inbound": queue_name(inbound.queue_url),
        "dead_letters": {what: queue_name(url) for what, url in dead_letters.items()},
        "endpoints": stack.endpoints["api"].sections,
    },
)

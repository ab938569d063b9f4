"""Test a list of ten rows, from the upload to the subscribers' queues."""

from collections.abc import Mapping
from math import ceil
from typing import Any, Final

from botocore.exceptions import ClientError

from bounded_context.declaration.context import Context
from bounded_context_cli.command.aws_errors import code
from bounded_context_local.actors.caller import invoke
from bounded_context_local.actors.partner import NAME as PARTNER
from bounded_context_local.actors.subscriber import Subscriber
from bounded_context_local.periodic import until
from bounded_context_local.sample_lists import Samples
from bounded_context_local.table import Table
from bounded_context_platform.temporary_stacks.pulumi_cli import Failed

from .worlds import World

ROWS: Final = 10

_FILE: Final = "ten-rows.csv"
_PROBE: Final = "knock.tmp"
"""A file with a temporary name. It starts an execution, which ignores the file."""

_PROBE_SECONDS: Final = 15.0
_SEED: Final = 12
_POLL: Final = 0.2


def check_import(world: World, context: Context[Any], outputs: Mapping[str, Any]) -> str:
    """Upload ten valid rows, and wait for the report. Raises Failed if the rows were not imported."""
    samples = Samples(context)
    Table(world.aws, outputs["table_name"], context).know_references(samples.known_references())
    _wait_for_first_event(world, outputs)
    world.send(_FILE, samples.document(ROWS, _SEED))
    report = until(lambda: _report(world, outputs), world.patience, _POLL)
    if report is None:
        raise Failed(f"no report came on {_FILE} within {world.patience:.0f} s.")
    if wrong := report.splitlines()[1:]:
        raise Failed(f"the rows were not imported; the first line of the report is {wrong[0]!r}.")
    return f"reports/{PARTNER}/{_FILE}.report.csv has no faults"


def check_commands(world: World, context: Context[Any], outputs: Mapping[str, Any]) -> str:
    """Create an aggregate for each of the ten rows, in a context without lists. Raises Failed for a refusal."""
    samples, alias = Samples(context), outputs["functions"][context.creating.function]
    for row in samples.rows(ROWS, _SEED):
        details = context.details.model_validate(dict(zip(samples.columns, row, strict=True)))
        payload = details.model_dump(mode="json", exclude_none=True)
        called = invoke(world.aws, alias, {"idempotency_key": details.id, "payload": payload})
        if called.failed or not called.answer["ok"]:
            raise Failed(f"{context.creating.name} was not executed: {called.answer}.")
    return f"{ROWS} answers of {context.creating.name}"


def check_events(world: World, context: Context[Any], outputs: Mapping[str, Any]) -> str:
    """Wait for an event of each row in each queue, then check the dead-letter queues. Raises Failed."""
    wanted = {row[list(Samples(context).columns).index(context.identity)] for row in Samples(context).rows(ROWS, _SEED)}
    kind, readers = context.event_by_status[context.initial_status], world.subscribers()
    if not until(lambda: all(_received(reader, kind) >= wanted for reader in readers), world.patience, _POLL):
        counts = ", ".join(f"{reader.name} {len(_received(reader, kind) & wanted)}" for reader in readers)
        raise Failed(f"of {ROWS} events came in {world.patience:.0f} s: {counts}. {_dead(world, outputs)}")
    if dead := _dead(world, outputs):
        raise Failed(dead)
    return f"{', '.join(reader.name for reader in readers) or 'no subscriber'}: {ROWS} each; no dead letters"


def _wait_for_first_event(world: World, outputs: Mapping[str, Any]) -> None:
    """Wait until an upload starts an execution. Raises Failed.

    A new bucket sends no events to EventBridge for around five minutes (S3 User Guide, "Enabling Amazon EventBridge").
    """
    before = _executions(world, outputs)
    for _ in range(ceil(world.patience / _PROBE_SECONDS)):
        world.send(_PROBE, b"whatever")
        if until(lambda: _executions(world, outputs) - before, _PROBE_SECONDS, _POLL):
            return
    raise Failed(
        f"no upload started an execution within {world.patience:.0f} s: check the rule, its target and its role."
    )


def _executions(world: World, outputs: Mapping[str, Any]) -> set[str]:
    machine = outputs["state_machine"]
    found = world.aws.call("stepfunctions", "list_executions", stateMachineArn=machine)["executions"]
    return {execution["executionArn"] for execution in found}


def _report(world: World, outputs: Mapping[str, Any]) -> str | None:
    key = f"reports/{PARTNER}/{_FILE}.report.csv"
    try:
        found = world.aws.call("s3", "get_object", Bucket=outputs["inbox_bucket"], Key=key)
    except ClientError as error:
        if code(error) == "NoSuchKey":
            return None
        raise
    return found["Body"].read().decode()


def _received(reader: Subscriber, kind: str) -> set[str]:
    if reader.failure:
        raise Failed(f"the queue of {reader.name} cannot be read: {reader.failure}")
    return {event["subject"] for event in list(reader.events) if event["type"] == kind}


def _dead(world: World, outputs: Mapping[str, Any]) -> str:
    """Return a sentence with the dead-letter queues that are not empty; empty if all are empty."""
    counts = {name: _count(world, url) for name, url in outputs["dead_letter_queues"].items()}
    found = ", ".join(f"{count} in {name}" for name, count in counts.items() if count)
    return f"There are dead letters: {found}." if found else ""


def _count(world: World, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = world.aws.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(attributes[name]) for name in names)

"""The call of a function's entry point in this process, on an embedded AWS with the state that the function reads."""

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bounded_context.adapters.items import KEY
from bounded_context.domain.lists import PinnedFile
from bounded_context_cli.command.errors import LocalRunError
from bounded_context_cli.repair.redrive.queue_reader import counts

from ..emulator import endpoints
from ..live.debugger import become, entry_point
from ..live.function import Deployed
from ..running.context import RunningContext
from .call import Call, of_file
from .production import Item, Production
from .reads import Copies, reading_through


@dataclass(frozen=True)
class Outcome:
    """The function's answer or its error, and what it read.

    `cause` is the last exception that the function raised or logged, or None. `set_aside` is whether it put the message
    into the dead-letter queue. `items` are the items that it used, as they were before the call, and `settings` its
    variables.
    """

    function: str
    settings: Mapping[str, str]
    items: Sequence[Item]
    answer: Any = None
    error: Exception | None = None
    set_aside: bool = False
    cause: BaseException | None = None

    @property
    def failed(self) -> bool:
        """Whether the function failed: with an error, or on some of its records."""
        partial = isinstance(self.answer, dict) and bool(self.answer.get("batchItemFailures"))
        return self.error is not None or self.set_aside or partial


def execute(running: RunningContext, production: Production, call: Call) -> Outcome:
    """Call the function. Raises the error of a copy: without its state, the result of the call has no meaning."""
    function = _deployed(running, call)
    copies = Copies(production, running.aws, running.outputs["table_name"])
    settings = _settings(function, production)
    call = placed(running, production, call, copies)
    become(running.aws, function)
    with reading_through(copies, running.emulator.port) as endpoint:
        os.environ.update(settings, AWS_ENDPOINT_URL_DYNAMODB=endpoint)
        answer, error, cause = _called(function, call)
    if copies.error:
        raise copies.error
    items = [item for item in copies.items.values() if item]
    return Outcome(function.name, settings, items, answer, error, _is_set_aside(running, call), cause)


def placed(running: RunningContext, production: Production, call: Call, copies: Copies) -> Call:
    """Store the objects and the record of a list; return the call with the list's id on the embedded AWS.

    The id of a list follows from the version of its file.
    """
    if call.record is None:
        return call
    record, bucket = call.record, running.outputs["inbox_bucket"]
    _disable_rules(running)
    for key, version in call.objects.items():
        data = production.object(key, version)
        stored = running.aws.call("s3", "put_object", Bucket=bucket, Key=key, Body=data)
        if version:
            record = of_file(record, PinnedFile(bucket, key, stored["VersionId"], len(data)))
    copies.put(record[KEY]["S"], record)
    return replace(call, event=call.event | {"list_id": record["list_id"]["S"]})


def _disable_rules(running: RunningContext) -> None:
    """Disable the rules of the embedded AWS: one of them may import each file of the inbox."""
    for rule in running.aws.call("events", "list_rules")["Rules"]:
        running.aws.call("events", "disable_rule", Name=rule["Name"])


def _deployed(running: RunningContext, call: Call) -> Deployed:
    run = endpoints.of(running.context, running.emulator, running.outputs)
    return Deployed.find(running.aws, run, call.function or _reader(running, call.queue))


def _reader(running: RunningContext, queue: str) -> str:
    """Return the function that reads a queue of this context."""
    urls = {"inbound": running.outputs["inbound_queue"], **running.outputs.get("work_queues", {})}
    read = urls[queue].rpartition("/")[2]
    for mapping in running.aws.call("lambda", "list_event_source_mappings")["EventSourceMappings"]:
        for name, alias in running.outputs["functions"].items():
            if mapping["EventSourceArn"].endswith(f":{read}") and alias.split(":")[6] in mapping["FunctionArn"].split(
                ":"
            ):
                return name
    raise LocalRunError(f"No function of this repository reads the queue {queue}.")


def _settings(function: Deployed, production: Production) -> Mapping[str, str]:
    """Return the variables of the deployed function, except for those that name resources of a stack."""
    own = f"{production.stack.dead_letters.prefix}-"
    local = f"{function.physical_name.removesuffix(function.name.replace('_', '-'))}"
    return {
        name: value
        for name, value in production.variables(function.name).items()
        if own not in value and local not in function.variables.get(name, "")
    }


def _called(function: Deployed, call: Call) -> tuple[Any, Exception | None, BaseException | None]:
    handler, causes = entry_point(function), list[BaseException]()
    # The module reads the function's environment when it is imported.
    from bounded_context.telemetry import logger

    def remember(record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[1]:
            causes.append(record.exc_info[1])
        return True

    logger.addFilter(remember)
    try:
        return handler(call.event), None, causes[-1] if causes else None
    except Exception as error:
        return None, error, error


def _is_set_aside(running: RunningContext, call: Call) -> bool:
    url = running.outputs["dead_letter_queues"].get(call.queue)
    return bool(url) and counts(running.aws.client("sqs"), url)[0] > 0

"""Events for `context invoke` and `context debug`, and the completion of names by the shell."""

import json
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from bounded_context.application.staging import VERIFIED
from bounded_context.declaration.context import Context
from bounded_context.declaration.entry_points import checks_of
from bounded_context.declaration.own_routes import own_routes
from bounded_context.declaration.structure import EXPORT_FILES, MEET_DEADLINES
from bounded_context.domain.lists import STAGING, ListStatus
from bounded_context_cli.command.aws_errors import Calls
from bounded_context_cli.command.output import LocalRunError
from bounded_context_infra.configuration.project import Project, ProjectError, current
from bounded_context_infra.configuration.routes import all_routes

from ..actors.caller import http_request
from ..actors.subscriber import cloud_event
from ..emulator.aws import UNANSWERED, Aws
from ..emulator.process import Endpoints
from ..running import start
from ..stack_state import Item, Table
from .function import Deployed, NoSuchName, chosen

STANDARD_INPUT: Final = "-"

SAMPLE: Final = "list"
"""The name of the samples for the steps of the list workflow."""

_UNDOABLE: Final = (ListStatus.REJECTED, ListStatus.FAILED)

Event = dict[str, Any]


def event_of(source: str, samples: Mapping[str, Event]) -> Event:
    """Return the event of a sample or a JSON file, or with `-` from standard input.

    Raises:
        NoSuchName: no file and no sample has this name.
        LocalRunError: the content is not JSON, or the file cannot be read.
    """
    if source != STANDARD_INPUT and not Path(source).exists():
        try:
            return samples[chosen("sample", source, samples)]
        except NoSuchName as error:
            raise NoSuchName(f"{error} You can also pass the path of a JSON file, or - for standard input.") from None
    try:
        return json.loads(sys.stdin.read() if source == STANDARD_INPUT else Path(source).read_text(encoding="utf-8"))
    except ValueError as error:
        raise LocalRunError(f"{source} is not JSON: {error}") from error
    except OSError as error:
        raise LocalRunError(f"{source} cannot be read: {error.strerror}") from error


def samples_of(context: Context[Any], function: str, variables: Mapping[str, str]) -> dict[str, Event]:
    """Return a function's sample events by name: real calls, and a release's checks.

    All samples of a context use the same aggregate; each command has a new idempotency key.

    Args:
        context: the function's context.
        function: the function's name, such as `register_payment`.
        variables: the function's environment variables.

    Raises:
        NoSample: a field has neither a type of the library nor an example.
    """
    checks = {check.name.replace(" ", "-"): dict(check.event) for check in checks_of(function, context)}
    return dict(_own(context, function, variables)) | checks


def _own(context: Context[Any], function: str, variables: Mapping[str, str]) -> Iterator[tuple[str, Event]]:
    if function in (*context.command_functions, *context.queries, *own_routes(context)):
        yield from _messages(context, function)
    elif function == "relay_events":
        yield "change", _change(context)
    elif function == "measure_lists":
        yield "list", _closed_list(context)
    elif function == "on_event":
        yield from _inbound(variables)
    elif function in ("watch_lists", "watch_mappings", "sweep_uploads"):
        yield "minute", {}
    elif function == EXPORT_FILES:
        yield "quarter", {}
        yield from ((export.name, {"export": export.name}) for export in context.exports)
    elif function == MEET_DEADLINES:
        yield "quarter", {}
        # A function of the local stack accepts a time in the future: all aggregates are due.
        longest = max((deadline.after for deadline in context.deadlines), default=timedelta())
        yield "due", {"time": (datetime.now(UTC) + longest + timedelta(minutes=1)).isoformat()}


def _messages(context: Context[Any], function: str) -> Iterator[tuple[str, Event]]:
    payload = _payload(context, function)
    message: Event = {"payload": payload}
    if function in context.command_functions:
        message["idempotency_key"] = str(uuid.uuid4())
    yield "message", message
    if key := all_routes(context).get(function):
        yield "request", _request(key, payload)


def _payload(context: Context[Any], function: str) -> dict[str, Any]:
    # The import is slow, and events from files do not need it.
    from bounded_context_cli.contracts.published import good

    if own := own_routes(context).get(function):
        return own.request.model_validate(good(own.request)).model_dump(mode="json") if own.request else {}
    identity = {context.identity: good(context.details)[context.identity]}
    for command in context.commands:
        if command.function == function:
            # Optional fields, such as the expected version, are omitted.
            example = command.model.model_validate(good(command.model))
            return example.model_dump(mode="json", exclude_none=True) | identity
    return {} if function == context.list_function else identity


def _request(route: str, payload: Mapping[str, Any]) -> Event:
    """Return a request in API Gateway's format."""
    method, path, members = http_request(route, payload)
    query, body = (urlencode(members), {}) if method in ("DELETE", "GET") else ("", members)
    request = {"http": {"method": method, "path": path}, "requestId": str(uuid.uuid4()), "stage": "$default"}
    content = {"headers": {"content-type": "application/json"}, "body": json.dumps(body)} if body else {"headers": {}}
    start = {"version": "2.0", "routeKey": route, "rawPath": path, "rawQueryString": query, "requestContext": request}
    return {**start, **content, "isBase64Encoded": False}


def _change(context: Context[Any]) -> Event:
    """Return the table's stream event of a new aggregate."""
    from bounded_context_cli.contracts.samples import ITEM, version_of

    [item] = version_of(context)["stored"][f"{ITEM}{context.initial_status}"]
    return _record("INSERT", {"Keys": {"pk": item["pk"]}, "NewImage": item})


def _closed_list(context: Context[Any]) -> Event:
    """Return the table's stream event of a list whose import has completed."""
    from bounded_context_cli.contracts.samples import LIST, version_of

    [after] = version_of(context)["stored"][LIST]
    before = after | {"status": {"S": ListStatus.IMPORTING.value}}
    return _record("MODIFY", {"Keys": {"pk": after["pk"]}, "OldImage": before, "NewImage": after})


def _record(name: str, change: Event) -> Event:
    metadata = {"ApproximateCreationDateTime": time.time(), "SequenceNumber": "1", "SizeBytes": 1}
    record = {"eventID": "1", "eventName": name, "eventSource": "aws:dynamodb", "dynamodb": change | metadata}
    return {"Records": [record]}


def _inbound(variables: Mapping[str, str]) -> Iterator[tuple[str, Event]]:
    """Yield an event of each type that other contexts send, in the format of the queue."""
    for context, consumed in json.loads(variables.get("CONSUMES", "{}")).items():
        for number, kind in enumerate((*consumed["created_by"], *consumed["deleted_by"]), 1):
            body = json.dumps(cloud_event(context, kind, f"{consumed['aggregate']}-1", number))
            record = {"messageId": str(uuid.uuid4()), "body": body, "messageAttributes": {}, "attributes": {}}
            yield kind, {"Records": [record | {"eventSource": "aws:sqs"}]}


def step_samples(
    aws: Calls, outputs: Mapping[str, Any], context: Context[Any], function: str
) -> Iterator[tuple[str, Event]]:
    """Yield the name and the event of a step's sample, from the newest suitable list.

    The event has real effects. It yields no sample for other functions, or without a suitable list. The undo step gets
    a rejected or failed list only, because it deletes the rows of its list.
    """
    if function not in context.steps:
        return
    table = Table(aws, outputs["table_name"], context)
    lists = sorted(table.lists(), key=lambda item: item["received_at"], reverse=True)
    if newest := next((item for item in lists if _fits(function, context.steps, item)), None):
        yield SAMPLE, _step_event(aws, function, newest)


def _fits(function: str, order: Sequence[str], item: Item) -> bool:
    register, *_, undo = order
    if function == undo:
        return item["status"] in _UNDOABLE
    # A list with parts has the input of all earlier steps.
    return function == register or int(item.get("parts", 0)) > 0


def _step_event(aws: Calls, function: str, item: Item) -> Event:
    match function:
        case "register_list":
            upload = {"bucket": item["bucket"], "key": item["key"], "version": item["version_id"]}
            return {"upload": upload, "execution": item["execution"]}
        case "import_list":
            key = f"{STAGING}/{item['list_id']}/{VERIFIED}"
            parts = json.loads(aws.call("s3", "get_object", Bucket=item["bucket"], Key=key)["Body"].read())
            return {"list_id": item["list_id"], "part": parts[0]}
        case _:
            return {"list_id": item["list_id"]}


def function_names(incomplete: str) -> list[str]:
    """Return the functions of the kept run that begin with the incomplete word."""
    return _beginning(incomplete, lambda _, run: list(run.outputs["functions"]))


def sample_names(function: str, incomplete: str) -> list[str]:
    """Return the samples of a function that begin with the incomplete word."""

    def names(project: Project, run: Endpoints) -> list[str]:
        deployed = Deployed.find(Aws(run.emulator), run, function)
        return list(samples_of(project.context, deployed.name, deployed.variables))

    return _beginning(incomplete, names)


def _beginning(incomplete: str, names: Callable[[Project, Endpoints], list[str]]) -> list[str]:
    try:
        project = current()
        return [name for name in names(project, start.find(project)) if name.startswith(incomplete)]
    except (ProjectError, LocalRunError, KeyError, *UNANSWERED):
        return []

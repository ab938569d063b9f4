"""Events that functions can be called with while one works on them: samples, files, standard input."""

import json
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ...application.checks import checks_of
from ...context import Context
from ...domain.lists import ListStatus
from ..errors import LocalRunError
from ..routed import routed
from .choices import NoSuchName, chosen

STANDARD_INPUT: Final = "-"

Event = dict[str, Any]


def event_of(given: str, samples: Mapping[str, Event]) -> Event:
    """Return the event that is meant: a sample, a file of JSON, or with `-` what comes on standard input.

    Raises:
        NoSuchName: it is no file and no sample.
        LocalRunError: it is no JSON.
    """
    if given != STANDARD_INPUT and not Path(given).exists():
        try:
            return samples[chosen("sample", given, samples)]
        except NoSuchName as error:
            raise NoSuchName(f"{error} The path of a file is an event, too, and - is standard input.") from None
    try:
        return json.loads(sys.stdin.read() if given == STANDARD_INPUT else Path(given).read_text(encoding="utf-8"))
    except ValueError as error:
        raise LocalRunError(f"{given} is not JSON: {error}") from error
    except OSError as error:
        raise LocalRunError(f"{given} cannot be read: {error.strerror}") from error


def samples_of(context: Context[Any], function: str, variables: Mapping[str, str]) -> dict[str, Event]:
    """Return a function's samples by name: what it is called with in earnest, and what a release asks it first.

    Samples of one context are about one aggregate; each has an idempotency key of its own.

    Args:
        context: whose function it is.
        function: its name, such as `register_payment`.
        variables: of its environment.

    Raises:
        NoSample: a field is of none of the library's types and has no example.
    """
    checks = {check.name.replace(" ", "-"): dict(check.event) for check in checks_of(function, context)}
    return dict(_own(context, function, variables)) | checks


def _own(context: Context[Any], function: str, variables: Mapping[str, str]) -> Iterator[tuple[str, Event]]:
    if function in (*context.command_functions, *context.queries):
        yield from _asked(context, function)
    elif function == "relay_events":
        yield "change", _change(context)
    elif function == "measure_lists":
        yield "list", _closed_list(context)
    elif function == "on_event":
        yield from _heard(variables)
    elif function in ("watch_lists", "sweep_uploads"):
        yield "minute", {}


def _asked(context: Context[Any], function: str) -> Iterator[tuple[str, Event]]:
    payload = _payload(context, function)
    message: Event = {"payload": payload}
    if function in context.command_functions:
        message["idempotency_key"] = str(uuid.uuid4())
    yield "message", message
    if function in context.routes:
        yield "request", _request(context.routes[function], payload)


def _payload(context: Context[Any], function: str) -> dict[str, Any]:
    # What makes samples takes its time to import, and an event that somebody wrote needs none of it.
    from ...contracts.values import good

    identity = {context.identity: good(context.details)[context.identity]}
    for command in context.commands:
        if command.function == function:
            # Without what a caller may leave out, such as the version that it expects.
            made = command.model.model_validate(good(command.model))
            return made.model_dump(mode="json", exclude_none=True) | identity
    return identity if function == context.get_function else {}


def _request(route: str, payload: Mapping[str, Any]) -> Event:
    """Return a request as API Gateway sends it."""
    method, path, body = routed(route, payload)
    request = {"http": {"method": method, "path": path}, "requestId": str(uuid.uuid4()), "stage": "$default"}
    sent = {"headers": {"content-type": "application/json"}, "body": json.dumps(body)} if body else {"headers": {}}
    start = {"version": "2.0", "routeKey": route, "rawPath": path, "rawQueryString": "", "requestContext": request}
    return {**start, **sent, "isBase64Encoded": False}


def _change(context: Context[Any]) -> Event:
    """Return what the table's stream says of a new aggregate."""
    from ...contracts.released.samples import ITEM, version_of

    [item] = version_of(context)["stored"][f"{ITEM}{context.first}"]
    return _record("INSERT", {"Keys": {"pk": item["pk"]}, "NewImage": item})


def _closed_list(context: Context[Any]) -> Event:
    """Return what the table's stream says of a list that is imported."""
    from ...contracts.released.samples import LIST, version_of

    [after] = version_of(context)["stored"][LIST]
    before = after | {"status": {"S": ListStatus.IMPORTING.value}}
    return _record("MODIFY", {"Keys": {"pk": after["pk"]}, "OldImage": before, "NewImage": after})


def _record(name: str, change: Event) -> Event:
    told = {"ApproximateCreationDateTime": time.time(), "SequenceNumber": "1", "SizeBytes": 1}
    record = {"eventID": "1", "eventName": name, "eventSource": "aws:dynamodb", "dynamodb": change | told}
    return {"Records": [record]}


def _heard(variables: Mapping[str, str]) -> Iterator[tuple[str, Event]]:
    """Yield an event of each type that another context sends, as its queue hands it over."""
    from ..neighbour import cloud_event

    for context, heard in json.loads(variables.get("CONSUMES", "{}")).items():
        for number, kind in enumerate((*heard["known"], *heard["gone"]), 1):
            body = json.dumps(cloud_event(context, kind, f"{heard['thing']}-1", number))
            record = {"messageId": str(uuid.uuid4()), "body": body, "messageAttributes": {}, "attributes": {}}
            yield kind, {"Records": [record | {"eventSource": "aws:sqs"}]}

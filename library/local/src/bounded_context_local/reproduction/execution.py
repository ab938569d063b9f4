"""The call of a function's entry point in this process, its failing line, and its regression test."""

import hashlib
import json
import logging
import os
import pdb
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from traceback import walk_tb
from types import TracebackType
from typing import Any, Final

from bounded_context.adapters.items import KEY
from bounded_context.domain.lists import PinnedFile
from bounded_context_cli.command.output import LocalRunError
from bounded_context_operations.repair.redrive.messages import counts

from ..emulator.process import endpoints_of
from ..live.function import Deployed, become, entry_point
from ..running.context import RunningContext
from .call import FailedCall, of_file
from .production import Copies, Item, Production, reading_through


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


def execute(running: RunningContext, production: Production, call: FailedCall) -> Outcome:
    """Call the function. Raises the error of a copy: without its state, the result of the call has no meaning."""
    function = _deployed(running, call)
    copies = Copies(production, running.aws, running.outputs["table_name"])
    settings = _settings(function, production)
    call = placed(running, production, call, copies)
    become(running.aws, function)
    with reading_through(copies, running.emulator.port) as endpoint:
        os.environ.update(settings, AWS_ENDPOINT_URL_DYNAMODB=endpoint)
        answer, error, cause = _outcome(function, call)
    if copies.error:
        raise copies.error
    items = [item for item in copies.items.values() if item]
    return Outcome(function.name, settings, items, answer, error, _is_set_aside(running, call), cause)


def placed(running: RunningContext, production: Production, call: FailedCall, copies: Copies) -> FailedCall:
    """Store the objects and the record of a list; return the call with the list's id on the embedded AWS.

    The id of a list follows from the version of its file.
    """
    if call.record is None:
        return call
    record, bucket = call.record, running.outputs["inbox_bucket"]
    # A rule may import each file of the inbox.
    for rule in running.aws.call("events", "list_rules")["Rules"]:
        running.aws.call("events", "disable_rule", Name=rule["Name"])
    for key, version in call.objects.items():
        data = production.object(key, version)
        response = running.aws.call("s3", "put_object", Bucket=bucket, Key=key, Body=data)
        if version:
            record = of_file(record, PinnedFile(bucket, key, response["VersionId"], len(data)))
    copies.put(record[KEY]["S"], record)
    return replace(call, event=call.event | {"list_id": record["list_id"]["S"]})


def _deployed(running: RunningContext, call: FailedCall) -> Deployed:
    run = endpoints_of(running.context, running.emulator, running.outputs)
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


def _outcome(function: Deployed, call: FailedCall) -> tuple[Any, Exception | None, BaseException | None]:
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


def _is_set_aside(running: RunningContext, call: FailedCall) -> bool:
    url = running.outputs["dead_letter_queues"].get(call.queue)
    return bool(url) and counts(running.aws.client("sqs"), url)[0] > 0


def stop_at(error: BaseException, sources: Path) -> None:
    """Start Python's debugger at the innermost line in `sources`, or at the last line if the error has no such line."""
    pdb.post_mortem(own_part(error.__traceback__, sources) or error.__traceback__)


def own_part(trace: TracebackType | None, sources: Path) -> TracebackType | None:
    """Return a traceback without the frames after its innermost frame in `sources`, or None."""
    if trace is None or not any(Path(frame.f_code.co_filename).is_relative_to(sources) for frame, _ in walk_tb(trace)):
        return None
    return TracebackType(own_part(trace.tb_next, sources), trace.tb_frame, trace.tb_lasti, trace.tb_lineno)


FOLDER: Final = "tests/reproduced"

_TEST: Final = '''"""A call of {function} that failed in the stack {stack}. The JSON file has its masked state."""

from pathlib import Path

from bounded_context.testing.functions import Functions
from bounded_context_local.testing.reproduced import replay


def test_{function}_succeeds(functions: Functions):
    replay(functions, Path(__file__).with_suffix(".json"))
'''


def write(root: Path, stack: str, production: Production, call: FailedCall, outcome: Outcome) -> Path:
    """Write the test and its state into a repository; return the test's path in the repository."""
    state = json.dumps(_state(production, call, outcome), indent=2, sort_keys=True) + "\n"
    file = Path(FOLDER) / f"test_{outcome.function}_{hashlib.sha256(state.encode()).hexdigest()[:8]}.py"
    (root / FOLDER).mkdir(parents=True, exist_ok=True)
    (root / file).with_suffix(".json").write_text(state, encoding="utf-8")
    (root / file).write_text(_TEST.format(function=outcome.function, stack=stack), encoding="utf-8")
    return file


def _state(production: Production, call: FailedCall, outcome: Outcome) -> dict[str, Any]:
    # The list's record has the id of the embedded AWS in `items`: the test gets the record and derives the id anew.
    items = [item for item in outcome.items if call.record is None or item.get("execution") != call.record["execution"]]
    return {
        "function": outcome.function,
        "event": call.event,
        "settings": outcome.settings,
        "items": items,
        "record": call.record,
        "objects": [*_objects(production, call)],
    }


def _objects(production: Production, call: FailedCall) -> Iterator[dict[str, Any]]:
    for key, version in call.objects.items():
        data = b64encode(production.object(key, version)).decode()
        yield {"key": key, "is_file": version is not None, "base64": data}

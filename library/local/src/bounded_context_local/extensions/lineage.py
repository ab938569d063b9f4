"""The lineage of messages: the emulator counts the calls of a function by a function, and not those through queues.

Lambda sends a call's lineage to SQS in the trace header, and adds the call of each message's function to it (Lambda
developer guide, "Use Lambda recursive loop detection to prevent infinite loops"). A stopped batch returns to its queue.
"""

import contextvars
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

_PREFIX = "Lineage="
_HEADER = "AWSTraceHeader"


def keep(sqs: Any, functions: Any) -> Callable[..., Awaitable[Any]]:
    """Return the handler of SQS's requests; `sqs` and `functions` are the modules of the emulator."""
    depth = contextvars.ContextVar("depth", default=0)
    send, execute = sqs._act_send_message, functions._execute_function

    async def handle(method: str, path: str, headers: Mapping[str, str], body: bytes, query: object) -> Any:
        depth.set(functions._inbound_invoke_depth(headers))
        return await sqs.handle_request(method, path, headers, body, query)

    def sent(data: dict[str, Any], url: str) -> Any:
        header = {"StringValue": f"{_PREFIX}{depth.get()}", "DataType": "String"}
        own = data.get("MessageSystemAttributes") or {}
        marked = {**data, "MessageSystemAttributes": {_HEADER: header, **own}} if depth.get() else data
        return send(marked, url)

    def executed(function: dict[str, Any], event: Any) -> Any:
        records = event.get("Records", []) if isinstance(event, dict) else []
        if records and records[0].get("eventSource") == "aws:sqs":
            functions._invoke_depth.set(1 + max(map(_before, records)))
            name = function["config"]["FunctionName"]
            whole = functions._functions.get(name) or function
            if functions._recursive_loop_drop(name, whole, functions._invoke_depth.get()):
                return {"error": True, "body": {"errorType": "RecursiveInvocationException"}}
        return execute(function, event)

    sqs._act_send_message, functions._execute_function = sent, executed
    sqs._HANDLERS["SendMessage"] = sent
    return handle


def _before(record: Mapping[str, Any]) -> int:
    header = record["attributes"].get(_HEADER, "")
    return int(header.removeprefix(_PREFIX)) if header.startswith(_PREFIX) else 0

"""The values of a resource that AWS would refuse, also by the limits of AWS's documentation."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from botocore.model import Shape
from pulumi import Archive, Asset
from pydantic import BaseModel, ConfigDict, TypeAdapter

from bounded_context_infra.configuration.config import LOG_RETENTION_DAYS

from ...programs.recording import Node
from ...programs.requests import KINDS, Inputs, ProviderCall, Untranslatable, converted, divided, plain
from .shapes import DOCUMENTS, Fault, faults, missing, places, read

Check = tuple[str, Callable[[Any], bool]]
"""The accepted values in words, and whether a value is accepted."""

_FILE: Final = Path(__file__).parents[2] / "data" / "limits.toml"


class Limit(BaseModel):
    """A limit of the file, which describes the fields."""

    model_config = ConfigDict(extra="forbid")

    whole: tuple[int, int] | None = None
    form: str | None = None
    words: str = ""
    at_most: int | None = None
    unit: str = ""
    one_of: tuple[str, ...] = ()
    check: str | None = None
    document: str | None = None
    page: str = "the API reference of the operation"

    def faults(self, path: str, value: Any) -> Iterator[Fault]:
        """Yield what AWS would refuse of the value at a path in a request."""
        for accepted, holds in self._checks():
            if not _passes(holds, value):
                yield Fault(path, accepted, value)
        if self.document and isinstance(value, str):
            yield from read(DOCUMENTS[self.document], path, value)

    def _checks(self) -> Iterator[Check]:
        if bounds := self.whole:
            yield f"a whole number from {bounds[0]} to {bounds[1]}", lambda value: _is_within(value, *bounds)
        if form := self.form:
            yield self.words, lambda value: re.fullmatch(form, str(value), re.ASCII) is not None
        if most := self.at_most:
            size = _bytes if self.unit == "bytes" else len
            yield f"at most {most} {self.unit}", lambda value: size(value) <= most
        if self.one_of:
            yield f"one of {', '.join(self.one_of)}", lambda value: value in self.one_of
        if self.check:
            yield _CHECKS[self.check]


def _is_within(value: Any, least: int, most: int) -> bool:
    return str(value).isdecimal() and least <= int(value) <= most


def _bytes(value: Any) -> int:
    """Return the bytes of a text, or of a map's names and values."""
    texts = [value] if isinstance(value, str) else [text for pair in value.items() for text in pair]
    return sum(len(str(text).encode()) for text in texts)


def _passes(holds: Callable[[Any], bool], value: Any) -> bool:
    try:
        return holds(value)
    except (AttributeError, TypeError, ValueError):  # another type, or not JSON
        return False


def _names_a_queue(policy: Mapping[str, Any]) -> bool:
    return policy.get("deadLetterTargetArn", "").startswith("arn:")


def _redrives(policy: Mapping[str, Any]) -> bool:
    return _names_a_queue(policy) and _is_within(int(policy.get("maxReceiveCount", 10)), 1, 1000)


def _lists_sources(policy: Mapping[str, Any]) -> bool:
    by_queue = policy.get("redrivePermission") == "byQueue"
    return policy.get("redrivePermission") in ("allowAll", "denyAll", "byQueue") and by_queue == (
        0 < len(policy.get("sourceQueueArns", ())) <= 10
    )


_CHECKS: Final[Mapping[str, Check]] = {
    "alarm period": (
        "10, 20, 30 or a multiple of 60 seconds",
        lambda value: value in (10, 20, 30) or (value > 0 and value % 60 == 0),
    ),
    "stages": ("2 to 50 stages", lambda value: 2 <= len(value) <= 50),
    "trust policy": (
        "at most 2048 characters, not counting white space",
        lambda value: len(re.sub(r"\s", "", value)) <= 2048,
    ),
    "retention": (f"one of {', '.join(map(str, LOG_RETENTION_DAYS))}", lambda value: value in LOG_RETENTION_DAYS),
    "subscription redrive": ("a deadLetterTargetArn", lambda value: _names_a_queue(json.loads(value))),
    "queue redrive": (
        "a deadLetterTargetArn and a maxReceiveCount from 1 to 1000",
        lambda value: _redrives(json.loads(value)),
    ),
    "redrive sources": (
        "a permission, with up to 10 sources if it is byQueue",
        lambda value: _lists_sources(json.loads(value)),
    ),
}

LIMITS: Final[Mapping[str, Mapping[str, Limit]]] = TypeAdapter(dict[str, dict[str, Limit]]).validate_python(
    tomllib.loads(_FILE.read_text(encoding="utf-8"))
)
"""Limits by a call's service and operation, and by the path in its request without the indexes of lists."""


def documented(operation: str, shape: Shape, request: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield the documented limits that a request of an operation (`sqs CreateQueue`) breaks, also in its documents."""
    limits = LIMITS.get(operation, {})
    for path, _, value in places(shape, request):
        if limit := limits.get(re.sub(r"\[\d+\](?=\.)", "", path)):
            yield from limit.faults(path, value)


def contradictory(operation: str, request: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield members that AWS refuses in combination with other members of the request.

    The evaluation window of an alarm is at most a day, or seven days if its periods are hours. Its datapoints to alarm
    are at most its evaluation periods (API reference, PutMetricAlarm).
    """
    if operation == "cloudwatch PutMetricAlarm":
        yield from _windows(request)


def _windows(alarm: Mapping[str, Any]) -> Iterator[Fault]:
    period, count = max(map(_seconds, [alarm, *alarm.get("Metrics", ())])), _number(alarm, "EvaluationPeriods")
    most = 604_800 if period >= 3600 else 86_400
    if period * count > most:
        yield Fault("EvaluationPeriods", f"periods of {most} seconds in all", count)
    if _number(alarm, "DatapointsToAlarm") > count:
        yield Fault("DatapointsToAlarm", f"at most the {count} of EvaluationPeriods", alarm["DatapointsToAlarm"])


def _seconds(query: Mapping[str, Any]) -> int:
    """Return the period of an alarm or of one of its queries."""
    return _number(query, "Period") or _number(query.get("MetricStat", {}), "Period")


def _number(values: Mapping[str, Any], name: str) -> int:
    """Return a member, or 0 if it is not a number. The models report such a member."""
    return values[name] if isinstance(values.get(name), int) else 0


ARCHIVE = b"an archive"
"""Sample bytes of an archive, so the package need not be built."""

_WHERE = (
    "add its requests to KINDS in tests/conftest.py, as "
    "`context docs changing a-type-of-resource-that-no-context-has-yet` shows"
)


def findings(node: Node) -> list[str]:
    """Return a sentence for each value that AWS would refuse: the resource, the input, and the accepted values."""
    calls = KINDS.get(node.kind)
    if calls is None:
        return [f"{node.kind} {node.name}: the requests of this type of resource are unknown: {_WHERE}."]
    return [f"{node.kind} {node.name}{finding}." for finding in _of_calls(calls, node)]


def _of_calls(calls: tuple[ProviderCall, ...], node: Node) -> Iterator[str]:
    own_inputs = {name: ARCHIVE if isinstance(value, Archive | Asset) else value for name, value in node.inputs.items()}
    outputs = {name: value for name, value in node.outputs.items() if name not in own_inputs}
    earlier: Inputs = {}
    for call, inputs in divided(calls, converted(calls, plain(own_inputs))):
        known = {name: value for name, value in outputs.items() if call.places.get(name)}
        sent = {**call.made, **known, **inputs}
        unknown = dict(_unknown(call, sent))
        where = f": correct it, or {_WHERE}"
        yield from (f", {name}: {call.operation} has no place for it ({why}){where}" for name, why in unknown.items())
        accepted = {name: value for name, value in sent.items() if name not in unknown}
        request = call.parameters(accepted, earlier)
        yield from _of_request(call, accepted, request)
        earlier |= request


def _unknown(call: ProviderCall, inputs: Inputs) -> Iterator[tuple[str, Untranslatable]]:
    for name, value in inputs.items():
        try:
            call.parameters({name: value})
        except Untranslatable as unknown:
            yield name, unknown


def _of_request(call: ProviderCall, inputs: Inputs, request: Inputs) -> Iterator[str]:
    parts = {name: call.parameters({name: value}) for name, value in inputs.items()}
    texts = [f", {name}: {call.operation}'s {fault}" for name, part in parts.items() for fault in _of_part(call, part)]
    texts += [f": {call.operation} needs {path}, which no input gives" for path in missing(call.shape, request)]
    # Comparing members with each other requires valid members.
    yield from texts or [f": {call.operation}'s {fault}" for fault in contradictory(call.named, request)]


def _of_part(call: ProviderCall, part: Inputs) -> Iterator[Fault]:
    of_shape = list(faults(call.shape, part))
    known = {fault.path for fault in of_shape}
    return iter([*of_shape, *(fault for fault in documented(call.named, call.shape, part) if fault.path not in known)])

"""The cost of lists: the use of each service by each stage."""

from collections.abc import Iterator, Mapping
from typing import Final

from bounded_context.adapters.dynamodb_inserts import UNITS

from .flow import RELAY, Flow
from .functions import is_traced, memory_gb
from .prices import assumed
from .row import index_bytes, units

_GB: Final = 10**9

Counted = Iterator[tuple[str, float, str]]


def lists(flow: Flow) -> Counted:
    """Yield the quantities of all stages of a flow's rows, each with its name and the name of its price."""
    for stage in (_table, _functions, _workflow, _files, _events, _observed):
        yield from stage(flow)


def _table(flow: Flow) -> Counted:
    yield "writes of rows", flow.rows * UNITS * units(flow.row.item_bytes), "write_unit"
    for name, size in index_bytes(flow.table, flow.row.item):
        yield f"writes of rows to the index {name}", flow.rows * units(size), "write_unit"
    yield "reads by the verification", flow.rows * flow.checks * assumed().lookup_units, "read_unit"
    yield "writes of lists' records", flow.changes, "write_unit"
    # The children of the validation and of the verification read the record too.
    read = flow.lists * assumed().list_reads + flow.ranges + flow.verified_parts
    yield "reads of lists' records", read, "read_unit"


def _functions(flow: Flow) -> Counted:
    calls, seconds = _calls(flow), _seconds(flow)
    yield "calls of functions", sum(calls.values()), "lambda_request"
    for name, taken in seconds.items():
        yield f"duration of {name}", taken * memory_gb(flow.function(name)), "lambda_gb_second"


def _calls(flow: Flow) -> Mapping[str, float]:
    children = _children(flow)
    steps = dict.fromkeys(("register_list", *children))
    called = {name: flow.lists * flow.machine.calls(flow.function(name).arn) + children.get(name, 0) for name in steps}
    return {**called, RELAY: flow.relayed, "measure_lists": flow.changes}


def _children(flow: Flow) -> Mapping[str, float]:
    """Return the number of children of each map, by the function that they call."""
    return {
        "validate_list": flow.ranges,
        flow.context.verification_step: flow.verified_parts,
        "import_list": flow.parts,
    }


def _seconds(flow: Flow) -> Mapping[str, float]:
    return {
        "register_list": flow.lists * assumed().call_seconds,
        "validate_list": flow.rows / assumed().validated_a_second + _joined_seconds(flow),
        flow.context.verification_step: flow.rows * flow.checks / assumed().read_a_second,
        "import_list": flow.rows / assumed().written_a_second,
        RELAY: flow.publishes * assumed().publish_seconds,
        "measure_lists": flow.changes * assumed().call_seconds,
    }


def _joined_seconds(flow: Flow) -> float:
    """Return the time of the calls that divide files into ranges and join the results, without the ranges."""
    size = flow.ranges * assumed().range_bytes
    return size / assumed().planned_bytes_a_second + bool(size) * flow.rows / assumed().merged_a_second


def _workflow(flow: Flow) -> Counted:
    machine = flow.machine
    of_children = sum(
        number * machine.transitions_a_child(flow.function(name).arn) for name, number in _children(flow).items()
    )
    yield "transitions of the workflow and its parts", flow.lists * machine.transitions + of_children, "transition"


def _files(flow: Flow) -> Counted:
    own = flow.lists * assumed().list_objects
    # A range has a result, and an object of the digests of its identities. A verified part has a result.
    results = flow.ranges * assumed().range_objects + flow.verified_parts
    yield "objects written", flow.parts + results + own, "s3_put"
    # Both the verification and the import read each part. The verification reads the progress of earlier tries.
    # A child reads its range, and the join reads the results of the ranges twice.
    yield "objects read", 3 * flow.parts + results + 2 * flow.ranges + own, "s3_get"
    if flow.graph.of("transfer/server"):
        yield "uploads over SFTP", flow.rows * flow.row.file_bytes / _GB, "sftp_data"
    if flow.graph.of("guardduty/malwareProtectionPlan"):
        yield "uploads scanned for malware", flow.rows * flow.row.file_bytes / _GB, "malware_data"
        yield "scans of files", flow.lists, "malware_object"


def _events(flow: Flow) -> Counted:
    requests = flow.row.requests_a_batch
    # The workflow publishes one event about each list.
    yield "batches of events published", flow.publishes * requests + flow.lists, "publish"
    received = (flow.rows + flow.lists) / assumed().messages_a_receive * flow.subscribers
    yield "subscribers' receives", received * requests, "queue_request"
    yield "subscribers' deletions", received, "queue_request"


def logged_gb(flow: Flow) -> float:
    """Return the size of the rows' logs."""
    calls = sum(_calls(flow).values())
    written = calls * assumed().log_bytes_a_call + flow.publishes * assumed().log_bytes_a_publish
    return (written + flow.rows * assumed().log_bytes_an_event) / _GB


def _observed(flow: Flow) -> Counted:
    yield "logs", logged_gb(flow), "log_ingestion"
    if is_traced(flow.function(RELAY)):
        first = min(flow.relayed, flow.seconds)
        yield "traces of the relay", first + (flow.relayed - first) * assumed().traced, "trace"

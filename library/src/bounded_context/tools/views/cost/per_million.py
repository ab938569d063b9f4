"""The cost of lists: the use of each service by each stage."""

from collections.abc import Iterator, Mapping
from typing import Final

from ....adapters.dynamodb_inserts import UNITS
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
    # Consistent reads use a unit for an item of up to 4 KB, and also for a missing item.
    yield "reads by the verification", flow.rows * flow.checks, "read_unit"
    yield "writes of lists' records", flow.changes, "write_unit"
    yield "reads of lists' records", flow.lists * assumed().list_reads, "read_unit"


def _functions(flow: Flow) -> Counted:
    calls, seconds = _calls(flow), _seconds(flow)
    yield "calls of functions", sum(calls.values()), "lambda_request"
    for name, taken in seconds.items():
        yield f"duration of {name}", taken * memory_gb(flow.function(name)), "lambda_gb_second"


def _calls(flow: Flow) -> Mapping[str, float]:
    steps = dict.fromkeys(("register_list", "validate_list", flow.context.verification_step), flow.lists)
    return {**steps, "import_list": flow.parts, RELAY: flow.relayed, "measure_lists": flow.changes}


def _seconds(flow: Flow) -> Mapping[str, float]:
    return {
        "register_list": flow.lists * assumed().call_seconds,
        "validate_list": flow.rows / assumed().validated_a_second,
        flow.context.verification_step: flow.rows * flow.checks / assumed().read_a_second,
        "import_list": flow.rows / assumed().written_a_second,
        RELAY: flow.publishes * assumed().publish_seconds,
        "measure_lists": flow.changes * assumed().call_seconds,
    }


def _workflow(flow: Flow) -> Counted:
    machine = flow.machine
    taken = flow.lists * machine.transitions + flow.parts * machine.transitions_a_part
    yield "transitions of the workflow and its parts", taken, "transition"


def _files(flow: Flow) -> Counted:
    yield "objects written", flow.parts + flow.lists * assumed().list_objects, "s3_put"
    # Both the verification and the import read each part.
    yield "objects read", 2 * flow.parts + flow.lists * assumed().list_objects, "s3_get"
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

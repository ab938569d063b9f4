# ruff: noqa: ANN401, D102, N803  (the calls of boto3 clients)
"""Measure the pause of a restore as a share of its whole duration, with tables in memory and assumed latencies.

A page of a scan (1,000 items, 1 MB) takes 60 ms, 100 items of BatchGetItem 20 ms, a write 10 ms, and the longest
command 10 s. These are assumptions: the result is the ratio in one run, and the rate that `pause_seconds` uses.
The duration is that of `--go`, without the copy of the table, which takes AWS some minutes to an hour.

    uv run python benchmarks/restore.py [--items 1000000] [--changed 10000] [--json]
"""

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from _context import CONTEXT, run_in_context

PAGE = 1000
LIVE, COPY = "live", "live-at-20310506T070809Z"
AT = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)


class Tables:
    """DynamoDB and its stream: two tables, and the keys of the written items."""

    def __init__(self, items: Mapping[str, Any], changed: int) -> None:
        other = {key: item | {"note": {"S": "wrong"}} for key, item in list(items.items())[:changed]}
        self._tables = {LIVE: {**items, **other}, COPY: {**items}}
        self._written: list[str] = []

    def describe_table(self, TableName: str) -> Any:
        table = self._tables.get(TableName)
        return {"Table": {"TableStatus": "ACTIVE", "ItemCount": len(table or ()), "LatestStreamArn": "stream"}}

    def delete_table(self, TableName: str) -> None:
        self._tables.pop(TableName)

    def get_paginator(self, _: str) -> Any:
        return SimpleNamespace(paginate=self._pages)

    def _pages(self, TableName: str, Segment: int, TotalSegments: int, **_: Any) -> Iterator[Any]:
        entries = list(self._tables[TableName].items())[Segment::TotalSegments]
        for start in range(0, len(entries), PAGE):
            time.sleep(0.06)
            yield {"Items": [item for key, item in entries[start : start + PAGE] if "-" not in key]}

    def batch_get_item(self, RequestItems: Any) -> Any:
        [(name, wanted)] = RequestItems.items()
        time.sleep(0.02)
        table = self._tables[name]
        return {
            "Responses": {
                name: [table[key] for primary_key in wanted["Keys"] if (key := primary_key["pk"]["S"]) in table]
            }
        }

    def get_item(self, TableName: str, Key: Any, **_: Any) -> Any:
        item = self._tables[TableName].get(Key["pk"]["S"])
        return {"Item": item} if item else {}

    def put_item(self, TableName: str, Item: Any, **_: Any) -> None:
        time.sleep(0.01)
        self._tables[TableName][Item["pk"]["S"]] = Item
        self._written.append(Item["pk"]["S"])

    def delete_item(self, TableName: str, Key: Any, **_: Any) -> None:
        self._tables[TableName].pop(Key["pk"]["S"], None)
        self._written.append(Key["pk"]["S"])

    def describe_stream(self, **_: Any) -> Any:
        return {"StreamDescription": {"Shards": [{"ShardId": "1"}]}}

    def get_shard_iterator(self, **_: Any) -> Any:
        return {"ShardIterator": str(len(self._written))}

    def get_records(self, ShardIterator: str) -> Any:
        keys = self._written[int(ShardIterator) :]
        records = [{"dynamodb": {"Keys": {"pk": {"S": key}}}} for key in keys]
        return {"Records": records, "NextShardIterator": str(int(ShardIterator) + len(keys))}


class Lambda:
    """The functions and readers of the stack, and the times of the pause's begin and end."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self._reserved: dict[str, int] = {}
        self._enabled = True

    def get_paginator(self, _: str) -> Any:
        mappings = [{"UUID": "reader", "State": "Enabled"}]
        return SimpleNamespace(paginate=lambda **_: [{"EventSourceMappings": mappings}])

    def get_event_source_mapping(self, **_: Any) -> Any:
        return {"State": "Enabled" if self._enabled else "Disabled"}

    def update_event_source_mapping(self, Enabled: bool, **_: Any) -> None:
        self._enabled = Enabled
        self.times.append(time.monotonic())

    def get_function_concurrency(self, FunctionName: str) -> Any:
        reserved = self._reserved.get(FunctionName)
        return {} if reserved is None else {"ReservedConcurrentExecutions": reserved}

    def put_function_concurrency(self, FunctionName: str, ReservedConcurrentExecutions: int) -> None:
        self._reserved[FunctionName] = ReservedConcurrentExecutions
        self.times.append(time.monotonic())

    def delete_function_concurrency(self, FunctionName: str) -> None:
        self._reserved.pop(FunctionName)

    def get_function_configuration(self, **_: Any) -> Any:
        return {"Timeout": 10}


def measure(items: int, changed: int) -> dict[str, float]:
    """Restore `changed` of `items`; return the seconds of the command and of its pause."""
    from bounded_context_cli.command.operation import SystemClock
    from bounded_context_operations.repair.restore import tables
    from bounded_context_operations.repair.restore.differences import Changes, Comparison
    from bounded_context_operations.repair.restore.pause import Lease, Pause, ProgressItem, Writes
    from bounded_context_operations.repair.restore.run import RestoreRun
    from bounded_context_operations.repair.restore.tables import Copy
    from bounded_context_operations.repair.restore.tables import Tables as Both
    from payment.context import PAYMENT

    store: Any = Tables(dict(_items(items, PAYMENT.key_prefix)), changed)
    functions: Any = Lambda()
    stack = tables.RestoreTarget("test", LIVE, "key", "eu-central-1", ("command",), ("step",), "")
    clock, trace = SystemClock(), ""
    lease = Lease(ProgressItem(store, LIVE), clock)
    comparison = Comparison(Both(store, LIVE, COPY), PAYMENT, lease.beat)
    changes = Changes(store, store, LIVE, clock, lease.beat)
    pause = Pause(functions, store, stack, clock, lease.beat)
    copy = Copy(store, stack, AT, clock)
    run = RestoreRun(PAYMENT, store, copy, comparison, changes, Writes(store, LIVE, trace), pause, lease, print)
    began = time.monotonic()
    report = run.go()
    seconds, paused = time.monotonic() - began, functions.times[-1] - functions.times[0]
    if (report.written, report.remaining) != (changed, 0):
        raise SystemExit(f"{report.written} items were written, and {report.remaining} differ")
    return {"seconds": seconds, "pause": paused, "share": paused / seconds, "expected": pause.seconds(changed)}


def _items(count: int, prefix: str) -> Iterator[tuple[str, Any]]:
    for number in range(count):
        key = f"{prefix}{number:09}"
        yield key, {"pk": {"S": key}, "version": {"N": "1"}, "status": {"S": "REGISTERED"}, "etag": {"S": "a.b"}}


def main() -> None:
    """Print the measurement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--changed", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    run_in_context()
    result = measure(arguments.items, arguments.changed)
    if arguments.json:
        print(json.dumps(result))
    else:
        print(f"{CONTEXT.name}: " + ", ".join(f"{name} {value:.3g}" for name, value in result.items()))


if __name__ == "__main__":
    main()

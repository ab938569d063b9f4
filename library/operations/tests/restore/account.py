"""DynamoDB in memory: the simulation's tables by their names, and their streams."""

from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from zlib import crc32

from tests.rollout.clients import FakeClock, error
from tests.simulation.services.dynamodb import Service, SimClient, SimTable, Store, record
from tests.simulation.services.plain_gate import PlainGate

PAGE = 10
"""Items of a scan's page, before its filter, and records of a stream's page."""

SHARDS = 2
_LIFE = 15 * 60
"""Seconds for which an iterator is valid (DynamoDB API reference, "GetShardIterator")."""

_STREAM = "arn:aws:dynamodb:eu-central-1:123456789012:table/{}/stream/1"


class _Gate(PlainGate):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._clock = clock

    def now(self) -> float:
        return self._clock.now().timestamp()


class Account:
    """The tables of an account, as boto3's clients of DynamoDB and of its streams have them."""

    def __init__(self, clock: FakeClock) -> None:
        self.gate = _Gate(clock)
        self.services: dict[str, Service] = {}
        self.created: dict[str, datetime] = {}

    def table(self, name: str) -> Any:
        """Return a table, as boto3's resource has it."""
        return SimTable(self.service(name, "GetItem"))

    def store(self, name: str) -> Store:
        """Return the items and changes of a table."""
        return self.services[name].store

    def service(self, name: str, operation: str) -> Service:
        """Return the service of a table. Raises ClientError as DynamoDB."""
        if name not in self.services:
            raise error(operation, "ResourceNotFoundException")
        return self.services[name]


class Dynamo:
    """DynamoDB's client."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def __getattr__(self, name: str) -> Any:
        return lambda **request: getattr(SimClient(self._account.service(_table_of(request), name)), name)(**request)

    def get_paginator(self, name: str) -> Any:
        return Pages(self) if name == "scan" else SimpleNamespace(paginate=lambda: [self.list_tables()])

    def create_table(self, TableName: str, **_: Any) -> None:  # noqa: N803
        gate = self._account.gate
        self._account.services[TableName] = Service(Store(TableName, gate), gate)
        self._account.created[TableName] = datetime.fromtimestamp(gate.now(), UTC)

    def delete_table(self, TableName: str) -> None:  # noqa: N803
        self._account.service(TableName, "DeleteTable")
        del self._account.services[TableName]

    def list_tables(self) -> dict[str, Any]:
        return {"TableNames": sorted(self._account.services)}

    def describe_table(self, TableName: str) -> dict[str, Any]:  # noqa: N803
        items = len(self._account.service(TableName, "DescribeTable").store.items)
        times = {"CreationDateTime": self._account.created[TableName], "LatestStreamArn": _STREAM.format(TableName)}
        return {"Table": {"TableName": TableName, "TableStatus": "ACTIVE", "ItemCount": items, **times}}


class Pages:
    """The paginator of scans."""

    def __init__(self, client: Dynamo) -> None:
        self._client = client

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        page: dict[str, Any] = {"LastEvaluatedKey": None}
        while "LastEvaluatedKey" in page:
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]} if page["LastEvaluatedKey"] else {}
            page = self._client.scan(**request, Limit=PAGE, **start)
            yield page


class Streams:
    """The client of DynamoDB's streams. The key of an item decides on its shard."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def describe_stream(self, StreamArn: str) -> dict[str, Any]:  # noqa: N803
        shards = [{"ShardId": str(number), "SequenceNumberRange": {}} for number in range(SHARDS)]
        return {"StreamDescription": {"StreamArn": StreamArn, "Shards": shards}}

    def get_shard_iterator(self, StreamArn: str, ShardId: str, ShardIteratorType: str) -> dict[str, Any]:  # noqa: N803
        table = StreamArn.split("/")[1]
        count = len(self._account.store(table).changes) if ShardIteratorType == "LATEST" else 0
        return {"ShardIterator": f"{table} {ShardId} {count} {self._account.gate.now()}"}

    def get_records(self, ShardIterator: str) -> dict[str, Any]:  # noqa: N803
        table, shard, read, opened = ShardIterator.split()
        if self._account.gate.now() - float(opened) >= _LIFE:
            raise error("GetRecords", "ExpiredIteratorException")
        store = self._account.store(table)
        page = store.changes[int(read) : int(read) + PAGE]
        own = [record(store, change) for change in page if crc32(change.key.encode()) % SHARDS == int(shard)]
        return {
            "Records": own,
            "NextShardIterator": f"{table} {shard} {int(read) + len(page)} {self._account.gate.now()}",
        }


def _table_of(request: dict[str, Any]) -> str:
    return request.get("TableName") or next(iter(request["RequestItems"]))

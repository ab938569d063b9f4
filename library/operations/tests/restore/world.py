"""A stack in memory: its table with stream and backup, Lambda, and a consumer of its events."""

import json
import shlex
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from payment.context import PAYMENT

from bounded_context.adapters.dynamodb import AggregateTable
from bounded_context.adapters.items import KEY, LIST, Items, from_list, from_run
from bounded_context.domain import events
from bounded_context.domain.events import order_key
from bounded_context.domain.lists import ListStatus, PinnedFile, ReceivedList
from bounded_context.handlers.relay_events import to_event
from bounded_context_cli.command.operation import Access, Clients
from tests.console import context
from tests.handlers.functions import SAMPLES
from tests.rollout.clients import Client, FakeClock, error
from tests.simulation.services.dynamodb import record

from .account import Account, Dynamo, Streams

REGION = "eu-central-1"
ACCOUNT = "123456789012"
TABLE = "payment-test-table"
FUNCTIONS = (*PAYMENT.command_functions, *PAYMENT.queries, "register_list", "validate_list", "import_list")
MORE = ("compensate_error", PAYMENT.verification_step, "relay_events", "measure_lists", "on_event")
OUTPUTS = {
    "table_name": TABLE,
    "key_arn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1",
    "functions": {name: f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:test-{name}:live" for name in (*FUNCTIONS, *MORE)},
    "state_machine_arn": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:test-machine:live",
    "release": {"application": "payment-test"},
}
READERS = ("00000000-0000-0000-0000-0000000relay", "00000000-0000-0000-0000-00000measure")


Before = Callable[[str, dict[str, Any]], None]
Watching = Callable[[str, Any], Any]


class Killed(BaseException):
    """The process ends here, as by kill -9: none of its later calls reaches AWS."""


class Machine(Client):
    """The list workflow, of which `running` executions run."""

    service = "stepfunctions"
    running = 0

    def _list_executions(self, stateMachineArn: str, statusFilter: str) -> dict[str, Any]:  # noqa: N803
        assert (stateMachineArn.count(":"), statusFilter) == (6, "RUNNING"), "not an alias"
        times = {"stateMachineArn": stateMachineArn, "status": statusFilter, "startDate": datetime.now(UTC)}
        names = map(str, range(self.running))
        return {"executions": [{"executionArn": name, "name": name, **times} for name in names]}


class Lambda(Client):
    """Functions with their reserved concurrency, and the readers of the table's stream with their states."""

    service = "lambda"

    def __init__(self) -> None:
        super().__init__()
        self.reserved: dict[str, int] = {"test-import_list": 7}
        self.states: dict[str, str] = dict.fromkeys(READERS, "Enabled")
        self.stuck, self.timeouts = False, dict[str, int]()

    def _list_event_source_mappings(self, EventSourceArn: str) -> dict[str, Any]:  # noqa: N803
        assert f":table/{TABLE}" in EventSourceArn
        return {"EventSourceMappings": [{"UUID": uuid, "State": state} for uuid, state in self.states.items()]}

    def _get_event_source_mapping(self, UUID: str) -> dict[str, Any]:  # noqa: N803
        return {"UUID": UUID, "State": self.states[UUID]}

    def _update_event_source_mapping(self, UUID: str, Enabled: bool) -> dict[str, Any]:  # noqa: N803
        self.states[UUID] = "Enabled" if Enabled else ("Disabling" if self.stuck else "Disabled")
        return {"UUID": UUID}

    def _get_function_concurrency(self, FunctionName: str) -> dict[str, Any]:  # noqa: N803
        number = self.reserved.get(FunctionName)
        return {} if number is None else {"ReservedConcurrentExecutions": number}

    def _put_function_concurrency(self, FunctionName: str, ReservedConcurrentExecutions: int) -> dict[str, Any]:  # noqa: N803
        self.reserved[FunctionName] = ReservedConcurrentExecutions
        return {}

    def _delete_function_concurrency(self, FunctionName: str) -> dict[str, Any]:  # noqa: N803
        self.reserved.pop(FunctionName, None)
        return {}

    def _get_function_configuration(self, FunctionName: str) -> dict[str, Any]:  # noqa: N803
        return {"FunctionName": FunctionName, "Timeout": self.timeouts.get(FunctionName, 10)}

    @property
    def stopped(self) -> list[str]:
        """The functions that take no calls."""
        return [name for name, number in self.reserved.items() if not number]

    @property
    def is_paused(self) -> bool:
        """Whether anything of the stack is stopped."""
        return 0 in self.reserved.values() or set(self.states.values()) != {"Enabled"}


class World:
    """A stack named `test`. `before` is called before each write or control call of the command, with its name and its
    parameters."""

    def __init__(self, folder: Path, capsys: Any, table: str = TABLE) -> None:
        self.name, self.clock = table, FakeClock()
        self.account = Account(self.clock)
        self.dynamodb, self.streams = Dynamo(self.account), Streams(self.account)
        self.lambda_, self.machine = Lambda(), Machine()
        self.watched: Watching = lambda _, client: client
        self.before: Before = lambda *_: None
        self.file, self._capsys = folder / "outputs.json", capsys
        self.outputs: Any = json.loads(json.dumps(OUTPUTS | {"table_name": table}))
        self.file.write_text(json.dumps(self.outputs))
        self._backups: dict[datetime, list[dict[str, Any]]] = {}
        self.dynamodb.create_table(TableName=table)
        self.table: Any = self.account.table(table)
        self.aggregates = AggregateTable(Items(PAYMENT), self.table)

    def with_deadlines(self) -> None:
        """Deploy the function of deadlines."""
        self.outputs["functions"]["meet_deadlines"] = (
            f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:test-meet_deadlines:live"
        )
        self.file.write_text(json.dumps(self.outputs))

    # -- what happens in the stack

    def create(self, *numbers: int) -> None:
        """Create aggregates by the command."""
        for number in numbers:
            self.aggregates.add(SAMPLES.aggregate(number))

    def import_list(self, name: str, status: ListStatus, *numbers: int) -> str:
        """Put the record of a list, and rows of it; return its id."""
        received = ReceivedList(PinnedFile("inbox", f"incoming/acme/{name}.csv", "v1", 42), name, status)
        self.table.put_item(Item=from_list(received) | {"received_at": "2026-01-31T12:00:00+00:00"})
        for number in numbers:
            values = SAMPLES.aggregate(number).details.model_dump(mode="json")
            item = Items(PAYMENT).from_values(values, PAYMENT.initial_status, 1, received.list_id)
            self.table.put_item(Item=item)
        return received.list_id

    def wait_for_approval(self, name: str, execution: int) -> str:
        """Put the record of a list that waits for an approval, and that of its execution; return its id."""
        list_id = self.import_list(name, ListStatus.IMPORTING)
        waits = self.table.get_item(Key={KEY: LIST + list_id})["Item"] | {"waits_since": 1_769_860_800}
        self.table.put_item(Item=waits)
        self.table.put_item(Item=from_run(str(execution), list_id, self.clock.now()))
        return list_id

    def verify(self, *numbers: int) -> None:
        """Change the status of aggregates, as a command does."""
        status = PAYMENT.aggregate.status_of("VERIFIED")
        for number in numbers:
            self.aggregates.save(self.aggregates.get(SAMPLES.aggregate(number).id).moved_to(status))

    def remove(self, *numbers: int) -> None:
        """Remove aggregates, as a command does."""
        for number in numbers:
            self.aggregates.remove(self.aggregates.get(SAMPLES.aggregate(number).id))

    def overwrite(self, number: int, **values: Any) -> None:
        """Damage an item without a new version, as a faulty script does."""
        self.table.put_item(Item=self.item(number) | values)

    # -- what can be seen of it

    def item(self, number: int) -> dict[str, Any]:
        """Return the item of an aggregate; empty if there is none."""
        return self.table.get_item(Key=Items(PAYMENT).key(SAMPLES.aggregate(number).id)).get("Item", {})

    def contents(self, at: str = "") -> dict[str, Any]:
        """Return what a restore restores: the contents of aggregates, and the records of lists, now or at a time."""
        items = self._backups[datetime.fromisoformat(at)] if at else self.table.scan()["Items"]
        own = {item[KEY]: item for item in items}
        of_a_write = {"version", "etag", "traceparent", "dataschema", "created_at", "changed_at"}
        return {
            key: {name: value for name, value in item.items() if key.startswith(LIST) or name not in of_a_write}
            for key, item in own.items()
            if key.startswith((PAYMENT.key_prefix, LIST))
        }

    def published(self) -> list[dict[str, Any]]:
        """Return the events of all changes of aggregates, as the relay makes them."""
        store = self.account.store(self.name)
        records = [record(store, change) for change in store.changes if change.key.startswith(PAYMENT.key_prefix)]
        return [to_event(DynamoDBRecord(stream_record)) for stream_record in records]

    def projection(self) -> dict[str, Any]:
        """Return a subscriber's copy: the data of the newest event of each subject, in whatever order they came."""
        newest: dict[str, tuple[str, dict[str, Any]]] = {}
        for event in reversed(self.published()):
            order = order_key(event["id"], event["sequence"], None)
            if order > newest.get(event["subject"], ("", {}))[0]:
                newest[event["subject"]] = order, event
        deleted = PAYMENT.deletion_event
        return {subject: event["data"] for subject, (_, event) in newest.items() if event["type"] != deleted}

    def expected_projection(self) -> dict[str, Any]:
        """Return the copy that a subscriber should have of the table."""
        own = [item for item in self.table.scan()["Items"] if item[KEY].startswith(PAYMENT.key_prefix)]
        aggregates = map(Items(PAYMENT).to_aggregate, own)
        return {aggregate.id: events.payload(aggregate) for aggregate in aggregates}

    # -- the command

    def remember(self) -> str:
        """Let a second pass, and return the time to which the table can be restored."""
        self.clock.sleep(60)
        now = self.clock.now().replace(microsecond=0)
        self._backups[now] = self.table.scan()["Items"]
        self.clock.sleep(60)
        return now.isoformat()

    def restore(self, at: str, *arguments: str) -> tuple[int, dict[str, Any]]:
        """Run the command with `--json`; return its exit status and its report."""
        return self.run("restore", "test", "--at", at, *arguments, "--outputs", str(self.file))

    def follow(self, printed: str) -> tuple[int, dict[str, Any]]:
        """Run a command as it was printed."""
        uv, run, program, *words = shlex.split(printed)
        assert [uv, run, program] == ["uv", "run", "context"]
        return self.run(*words)

    def run(self, *words: str) -> tuple[int, dict[str, Any]]:
        """Run a command with `--json`; return its exit status and its report."""
        self._capsys.readouterr()
        status = context(*words, "--json", access=Access(self._clients, self.clock))
        return status, json.loads(self._capsys.readouterr().out or "{}")

    def _clients(self, region: str) -> Clients:
        assert region == REGION
        own: dict[str, Any] = {"dynamodb": self.dynamodb, "dynamodbstreams": self.streams}
        own |= {"lambda": self.lambda_, "stepfunctions": self.machine}
        return lambda service, **_: self.watched(service, Backup(own[service], self))

    def copy(self, target: str, at: datetime) -> None:
        """Do what DynamoDB does when a table is restored."""
        if at not in self._backups:
            raise error("RestoreTableToPointInTime", "InvalidRestoreTimeException")
        self.dynamodb.create_table(TableName=target)
        for item in self._backups[at]:
            self.account.table(target).put_item(Item=item)

    @property
    def window(self) -> dict[str, Any]:
        """The description of the backup."""
        times = {"EarliestRestorableDateTime": self.clock.began, "LatestRestorableDateTime": self.clock.now()}
        return {"PointInTimeRecoveryStatus": "ENABLED", **times}

    @property
    def tables(self) -> set[str]:
        """The names of all tables."""
        return set(self.dynamodb.list_tables()["TableNames"])


class Backup:
    """A client of the command: it passes calls on, and plays the backup of DynamoDB."""

    def __init__(self, client: Any, world: World) -> None:
        self._client, self._world = client, world

    def __getattr__(self, name: str) -> Any:
        if not name.startswith(("put", "delete", "update", "restore")):
            return getattr(self._client, name)
        return lambda **parameters: self._change(name, parameters)

    def _change(self, name: str, parameters: dict[str, Any]) -> Any:
        self._world.before(name, parameters)
        if name == "restore_table_to_point_in_time":
            assert parameters["SourceTableName"] == TABLE
            return self._world.copy(parameters["TargetTableName"], parameters["RestoreDateTime"])
        return getattr(self._client, name)(**parameters)

    def describe_continuous_backups(self, **_: Any) -> Any:
        return {"ContinuousBackupsDescription": {"PointInTimeRecoveryDescription": self._world.window}}

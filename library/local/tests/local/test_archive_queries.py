"""The views of an archive on Parquet files, as the emulator writes and queries them: by DuckDB."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from bounded_context import Archive, Text
from bounded_context.declaration.context import Context
from bounded_context_cli.docs import section
from bounded_context_cli.docs.names import Names
from bounded_context_cli.programs.environment import environment
from bounded_context_infra.configuration.project import Project
from bounded_context_infra.tables import Tables
from bounded_context_local.emulator.process import PINS

pytestmark = pytest.mark.slow

SCRIPT: Final = """
import json, pathlib, sys
import duckdb
from ministack.services import firehose, glue
job, folder = json.load(sys.stdin), pathlib.Path(sys.argv[1])
place = {"DatabaseName": "db", "TableName": "events"}
serializer = {"OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}}, "SchemaConfiguration": place}
for number, file in enumerate(job["files"]):
    columns = [{"Name": name, "Type": kind} for name, kind in file["columns"].items()]
    glue._tables["db/events"] = {"StorageDescriptor": {"Columns": columns}}
    path = folder / f"type={file['type']}" / f"day={file['day']}" / f"{number}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    data = "\\n".join(map(json.dumps, file["events"])).encode()
    path.write_bytes(firehose._convert_to_parquet(serializer, data))
connection = duckdb.connect()
connection.execute("CREATE SCHEMA db")
options = "union_by_name = true, hive_partitioning = true, hive_types_autocast = false"
connection.execute(f"CREATE VIEW db.events AS SELECT * FROM read_parquet('{folder}/**/*.parquet', {options})")
for name, sql in job["views"].items():
    try:
        connection.execute(f"CREATE VIEW {name} AS {sql}")
    except duckdb.BinderException as error:  # a type without events yet
        if "not found" not in str(error):
            raise
answers = []
for sql in job["queries"]:
    answer = connection.execute(sql)
    names = [column[0] for column in answer.description]
    answers.append([dict(zip(names, map(str, row))) for row in answer.fetchall()])
print(json.dumps(answers))
"""

Event = dict[str, Any]
File = tuple[Context[Any], str, list[Event]]
"""The context whose table the file has, its day, and its events of one type."""

Query = Callable[..., list[list[dict[str, str]]]]


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of the emulator's environment."""
    return environment(tmp_path_factory.mktemp("build"), PINS) / "bin" / "python"


@pytest.fixture
def query(interpreter: Path, project: Project, tmp_path: Path) -> Query:
    """Write files, and query them with the views of a context."""

    def run(context: Context[Any], files: list[File], *queries: str) -> list[list[dict[str, str]]]:
        written = [
            {
                "columns": Tables(own, project.events).columns,
                "type": events[0]["type"],
                "day": day,
                "events": events,
            }
            for own, day, events in files
        ]
        views = {view.name: view.sql for view in Tables(context, project.events).views("db")}
        job = {"files": written, "views": views, "queries": queries}
        command = [str(interpreter), "-c", SCRIPT, str(tmp_path)]
        ran = subprocess.run(command, input=json.dumps(job), capture_output=True, text=True, check=False)  # noqa: S603
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)

    return run


@pytest.fixture(scope="session")
def archived(context: Context[Any]) -> Context[Any]:
    """The context, with an archive."""
    return replace(context, subscribers=("frontend", Archive("bi")))


def event(number: int, sequence: int, kind: str = "PaymentRegistered", version: str = "1.0", **data: Any) -> Event:
    """An event of a payment."""
    return {
        "specversion": "1.0",
        "id": f"{number}-{sequence}",
        "source": "payment",
        "type": kind,
        "subject": f"p-{number}",
        "time": f"2026-11-0{number}T12:00:00+00:00",
        "datacontenttype": "application/json",
        "dataschema": f"urn:event-schema:payment:{kind}:{version}",
        "traceparent": "00-0",
        "sequence": str(sequence).zfill(40),
        "data": {"payment_id": f"p-{number}", "amount": "12.50", "payer": "Ada", "due_date": "2026-12-01", **data},
    }


def test_a_view_has_each_event_once(archived: Context[Any], query: Query) -> None:
    """Also if it was delivered twice, in a file and on different days; the table has all deliveries."""
    first, second = event(1, 7), event(2, 8)
    files: list[File] = [
        (archived, "2026-11-01", [first, first, second]),
        (archived, "2026-11-02", [first, event(1, 9)]),
    ]
    raw, view, total = query(
        archived,
        files,
        "SELECT count(*) AS n FROM db.events",
        "SELECT event_id, event_day FROM payment_registered ORDER BY event_id",
        "SELECT sum(amount) AS total, min(due_date) AS due FROM payment_registered",
    )
    assert raw == [{"n": "5"}]
    assert [(row["event_id"], row["event_day"]) for row in view] == [
        ("1-7", "2026-11-01"),
        ("1-9", "2026-11-02"),
        ("2-8", "2026-11-01"),
    ]
    assert total == [{"total": "37.50", "due": "2026-12-01"}]


def test_a_view_that_keeps_duplicates_is_detected(archived: Context[Any], project: Project, query: Query) -> None:
    """The planted fault of the test above."""
    files: list[File] = [(archived, "2026-11-01", [event(1, 7), event(1, 7)])]
    planted = Tables(archived, project.events).views("db")
    [sql] = [view.sql for view in planted if view.name == "payment_registered"]
    every = sql.removesuffix(' WHERE "delivery" = 1')
    assert every != sql
    [kept] = query(archived, files, f"SELECT count(*) AS n FROM ({every})")  # noqa: S608 (a view)
    assert kept == [{"n": "2"}]


def test_events_of_lists_are_told_apart_by_their_id(archived: Context[Any], query: Query) -> None:
    """They have no sequence."""
    of_list = [event(1, number, "PaymentListImported", list_id="l", rows=3) for number in (1, 1, 2)]
    for each in of_list:
        del each["sequence"]
    [view] = query(archived, [(archived, "2026-11-01", of_list)], "SELECT * FROM payment_list_imported")
    assert sorted(row["event_id"] for row in view) == ["1-1", "1-2"]


def test_files_have_no_personal_field(archived: Context[Any], query: Query) -> None:
    """The events have one."""
    [rows] = query(archived, [(archived, "2026-11-01", [event(1, 7)])], "SELECT * FROM db.events")
    assert "Ada" not in str(rows)
    assert "p-1" in str(rows)


def test_a_field_of_a_later_version_is_null_in_older_files(archived: Context[Any], query: Query) -> None:
    """And the fields of older files stay."""
    data = type("More", (archived.data,), {"__annotations__": {"note": Text | None}, "note": None})
    later = replace(archived, data=data)
    files: list[File] = [
        (archived, "2026-11-01", [event(1, 7)]),
        (later, "2026-11-02", [event(2, 8, version="1.1", note="new")]),
    ]
    [rows] = query(later, files, "SELECT payment_id, amount, note FROM payment_registered ORDER BY 1")
    assert [*map(tuple, map(dict.values, rows))] == [("p-1", "12.50", "None"), ("p-2", "12.50", "new")]


def test_each_major_version_has_its_view(archived: Context[Any], query: Query) -> None:
    """A field may have another type: in the table, both are texts."""
    data = type("Second", (archived.data,), {"__annotations__": {"amount": int}})
    versions = dict.fromkeys(archived.changes, "2.0")
    second = replace(archived, data=data, versions=versions, previous_version=None)
    files: list[File] = [
        (archived, "2026-11-01", [event(1, 7)]),
        (second, "2026-11-02", [event(2, 8, version="2.0", amount=5)]),
    ]
    old, new = query(second, files, "SELECT amount FROM payment_registered", "SELECT amount FROM payment_registered_2")
    assert (old, new) == ([{"amount": "12.50"}], [{"amount": "5"}])


def test_the_queries_of_the_page_run(archived: Context[Any], query: Query) -> None:
    """A sum, and the state of each payment that was not deleted."""
    text = section("archive", "the-table-and-its-views", names=Names("payment", "payments", "Payment"))
    examples = [block.partition("```")[0] for block in text.split("```sql\n")[1:]]
    states = {"PaymentRegistered": "REGISTERED", "PaymentVerified": "VERIFIED", "PaymentDeleted": "VERIFIED"}
    changes = [(1, 7, "PaymentRegistered"), (2, 8, "PaymentRegistered"), (1, 9, "PaymentVerified")]
    files: list[File] = [
        (archived, "2026-11-01", [event(number, place, kind, status=states[kind], currency="EUR")])
        for number, place, kind in (*changes, (2, 10, "PaymentDeleted"))
    ]
    total, current = query(archived, files, *examples)
    assert total == [{"currency": "EUR", "payments": "2", "total": "25.00"}]
    assert [(row["event_subject"], row["status"]) for row in current] == [("p-1", "VERIFIED")]

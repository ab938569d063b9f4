"""Failed lists as calls: the step, the record as it was before, and the objects that the step reads."""

import csv
import json
from io import StringIO
from types import SimpleNamespace
from typing import Any, Final

import boto3
import pytest
from payment.context import PAYMENT

from bounded_context.domain.formats import FileFormat, Formats
from bounded_context.testing.functions import TABLE
from bounded_context_cli.command.aws_errors import Refusal
from bounded_context_local.reproduction.call import call_of_list
from bounded_context_local.reproduction.execution import placed
from bounded_context_local.reproduction.production import Copies, masked_object
from tests.erase.conftest import BUCKET, NAME, PERSON, SAMPLES, Stack

from .conftest import production


def failed(stack: Stack, step: str, part: int | None = None) -> str:
    """Let the first list fail at a step; return its id."""
    table: Any = boto3.resource("dynamodb").Table(TABLE)
    item = next(item for item in table.scan()["Items"] if str(item.get("key")).endswith("january.csv"))
    failure = {"step": step} | ({"part": part} if part is not None else {})
    own = {"status": "FAILED", "failed": True, "failure": failure, "reason": NAME, "until_0": 1, "rows_0": 2}
    table.put_item(Item=item | own)
    return item["list_id"]


@pytest.mark.parametrize(
    ("step", "status"), [("validate_list", "REGISTERED"), (PAYMENT.steps[2], "VALIDATED"), ("import_list", "IMPORTING")]
)
def test_the_list_has_its_state_before_the_step(stack: Stack, step: str, status: str):
    """No trace of the undo is left, and the answers of earlier steps stay."""
    list_id = failed(stack, step, 0 if step == "import_list" else None)
    call = call_of_list(production(stack), list_id)
    record: Any = {name: next(iter(value.values())) for name, value in (call.record or {}).items()}
    assert (call.function, call.event["list_id"], record["status"]) == (step, list_id, status)
    assert record.keys().isdisjoint(("failed", "failure", "reason", "imported_parts", "until_0", "rows_0"))
    assert record["staged"]
    assert NAME not in json.dumps(call.record)


def test_a_step_reads_the_file_or_the_staged_rows_without_personal_data(stack: Stack):
    """The import reads one part only. The verification runs the rule for all rows, without the progress of a try."""
    origin = production(stack)
    validate = call_of_list(origin, failed(stack, "validate_list"))
    [(file, version)] = validate.objects.items()
    assert version
    list_id = failed(stack, PAYMENT.steps[2])
    stack.s3.put_object(Bucket=BUCKET, Key=f"staging/{list_id}/progress/part-00000.json", Body=NAME.encode())
    verify = call_of_list(origin, list_id)
    write = call_of_list(origin, failed(stack, "import_list", 0))
    assert [*write.objects] == [write.event["part"]["key"]]
    assert {*write.objects} < {*verify.objects}
    assert not any("/progress/" in key for key in verify.objects)
    data = [origin.object(*place) for call in (validate, verify, write) for place in call.objects.items()]
    assert not any(NAME.encode() in content for content in data)
    assert any(PERSON.encode() in content for content in data)
    rows = [*csv.DictReader(StringIO(origin.object(file, version).decode()))]
    assert {row["payer"] for row in rows} == {"erased"}
    assert len({row["payment_id"] for row in rows}) == len(rows) > 1
    assert json.loads(origin.object(write.event["part"]["key"]))["lines"]


@pytest.mark.parametrize(
    "data",
    [
        f"{NAME}\n{NAME}\n",
        f"payment_id,payer\nid-1,{NAME},{NAME}\nid-2\n",
        f'payment_id,payer\nid-1,"{NAME}\n',
        f"\xff{NAME}",
    ],
    ids=["no header", "odd rows", "a missing quote", "no UTF-8"],
)
def test_a_file_in_any_form_has_no_personal_data(data: str, stack: Stack):
    """Cells in unknown columns are masked."""
    assert NAME.encode() not in masked_object("incoming/acme/x.csv", data.encode("latin-1"), production(stack).context)


ENDS: Final = {"first": "H", "last": "T", "count": "last 2", "sum": "last 4", "of": "amount"}
PLACES: Final = {name: f"{n * 30 + 1}-{n * 30 + 30}" for n, name in enumerate(PAYMENT.rows.columns)}


@pytest.mark.parametrize(
    "format_",
    [
        FileFormat(
            delimiter=";", encoding="utf-16", compression="gzip", header={"Nummer": "payment_id", "Wer": "payer"}
        ),
        FileFormat(kind="json-lines", header={"Wer": "payer"}),
        FileFormat(kind="xlsx", control=ENDS),
        FileFormat(decimal=",", control=ENDS),
        FileFormat(kind="fixed", columns=PLACES, control={"last": "T", "count": "last 2-9"}),
        FileFormat(kind="xml", record="File/Row", columns={name: name for name in PLACES}),
    ],
    ids=lambda format_: f"{format_.kind} {[*format_.control]}",
)
def test_a_file_keeps_the_format_of_its_partner(stack: Stack, format_: FileFormat):
    """The function reads it with the settings of production."""
    rows = [SAMPLES.values(number, payer=NAME) for number in range(3)]
    data = SAMPLES.file(rows, format_=format_)
    context = production(stack).context
    masked = masked_object("incoming/acme/x.csv", data, context, Formats({"acme": format_}))
    assert masked == SAMPLES.file([row | {"payer": "erased"} for row in rows], format_=format_)
    assert NAME.encode() not in masked_object("incoming/acme/x.csv", data, context)


def test_lines_of_a_report_keep_their_line_and_code(stack: Stack):
    """Their reason quotes a cell."""
    line = f"3,payer,'{NAME}' is bad,rule\r\n".encode()
    masked = masked_object("staging/list/rejections.csv", line, production(stack).context)
    assert masked == b"3,payer,erased,rule\r\n"


def test_a_list_without_a_failed_step_and_an_unknown_list_are_refused(stack: Stack):
    """The first names the status."""
    imported = next(
        item
        for item in boto3.resource("dynamodb").Table(TABLE).scan()["Items"]
        if str(item.get("key")).endswith("january.csv")
    )
    with pytest.raises(Refusal, match="IMPORTED"):
        call_of_list(production(stack), str(imported["list_id"]))
    with pytest.raises(Refusal, match="no list unknown"):
        call_of_list(production(stack), "unknown")


def test_the_file_is_stored_while_no_rule_imports_it(stack: Stack):
    """An import of the file at the same time would change the list's record."""
    origin, operations = production(stack), list[str]()

    def call(service: str, operation: str, **_: Any) -> Any:
        operations.append(operation)
        return {"Rules": [{"Name": "object-created"}]} if operation == "list_rules" else {"VersionId": "v-1"}

    running: Any = SimpleNamespace(outputs={"inbox_bucket": "local"}, aws=SimpleNamespace(call=call))
    wanted = call_of_list(origin, failed(stack, "validate_list"))
    copies = Copies(origin, running.aws, "table")
    ready = placed(running, origin, wanted, copies)
    [record] = copies.items.values()
    assert operations == ["list_rules", "disable_rule", "put_object", "put_item"]
    assert record is not None
    assert (record["version_id"]["S"], record["bucket"]["S"]) == ("v-1", "local")
    assert record["pk"]["S"] == f"LIST#{ready.event['list_id']}" != f"LIST#{wanted.event['list_id']}"

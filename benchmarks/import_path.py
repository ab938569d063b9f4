"""Measure the rows per CPU second on the import path: read, parse, validate, stage, verify, read again, write.

The verification runs the creating command's rule for each row, and no other check. "plain" is a first, simple
implementation without verification: ``csv.DictReader``, a pydantic model for each row, and boto3's
``Table.batch_writer``, which overwrites existing items. Both implementations run in one process, in turn. The endpoint
is a stub in another process, so the result is the cost of the code alone. The stub counts the write units of a row,
including the context's indexes.

    uv run python benchmarks/import_path.py [--rows 20000] [--rounds 3] [--json]
"""

import argparse
import csv
import io
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from statistics import median
from urllib.request import urlopen

import boto3
from _context import BUCKET, KEY, TABLE, rows, stubbed
from _endpoint import UNITS
from bounded_context.adapters.dynamodb_bulk import ImportedAggregateTable, Inserts
from bounded_context.adapters.items import Items
from bounded_context.adapters.s3 import InboxBucket
from bounded_context.adapters.systems import Signed
from bounded_context.adapters.temporary_database import SqliteSeenIds
from bounded_context.application.staging import VERIFIED, Staging
from bounded_context.application.verification import CreatingRule
from bounded_context.domain.lists import PinnedFile, StoredVersion
from bounded_context.lists import ListImport, Upload
from bounded_context.testing import InMemoryAggregates, InMemoryLists
from payment.context import PAYMENT
from payment.model import PaymentDetails
from payment.use_cases import register_payment
from pydynox import DynamoDBClient


class _Inbox(InboxBucket):
    """The real adapter with an invented object version, because the stub has no versions."""

    def versions(self, key: str) -> list[StoredVersion]:
        return [StoredVersion(PinnedFile(BUCKET, key, "1", 1), "", datetime.now(UTC))]


def ours() -> None:
    """Run the workflow's steps. The rule is the only check of the verification."""
    files, lists = _Inbox(boto3.client("s3"), BUCKET), InMemoryLists()
    meta, credentials = boto3.client("dynamodb").meta, boto3.Session().get_credentials()
    inserts = Inserts(TABLE, Signed("dynamodb", credentials, meta.region_name, meta.endpoint_url))
    payments = ImportedAggregateTable(Items(PAYMENT), PAYMENT.initial_status, DynamoDBClient(), inserts, TABLE)
    steps = ListImport(PAYMENT, lists, files, lambda: payments, SqliteSeenIds)
    list_id = steps.register(Upload(BUCKET, KEY), "run", 10**9).list_id
    steps.validate(list_id, Fraction(0), 5000)
    rule = CreatingRule(PAYMENT, register_payment, InMemoryAggregates(PAYMENT))
    steps.verify(list_id, Fraction(0), [rule])
    for part in Staging(files, list_id).manifest(VERIFIED):
        steps.import_part(list_id, part)


def plain() -> None:
    """Import the list with a first, simple implementation."""
    body = boto3.client("s3").get_object(Bucket=BUCKET, Key=KEY)["Body"].read()
    with boto3.resource("dynamodb").Table(TABLE).batch_writer() as writer:
        for row in csv.DictReader(io.StringIO(body.decode())):
            details = PaymentDetails.model_validate(row)
            item = {**row, **_numbers(details), "status": "NEW", "version": 1, "list_id": "run"}
            writer.put_item(Item=item | {"pk": f"PAYMENT#{details.id}"})


def _numbers(details: PaymentDetails) -> dict[str, object]:
    values = details.model_dump()
    return {name: value for name, value in values.items() if type(value).__name__ in ("Decimal", "int")}


def _rows_per_cpu_second(work: Callable[[], None], count: int) -> float:
    start = time.process_time()
    work()
    return count / (time.process_time() - start)


def measure(count: int, rounds: int) -> dict[str, float]:
    """Return the median rows per CPU second of each implementation, their ratio, and our write units per row."""
    rates: dict[str, list[float]] = {"plain": [], "ours": []}
    with stubbed(rows(count), tuple(PAYMENT.indexes.values())) as url:
        ours()
        units = float(urlopen(url + UNITS).read()) / count  # noqa: S310  the stub's URL
        for _ in range(rounds):
            rates["plain"].append(_rows_per_cpu_second(plain, count))
            rates["ours"].append(_rows_per_cpu_second(ours, count))
    result = {name: round(median(speeds)) for name, speeds in rates.items()}
    return {**result, "ratio": round(result["ours"] / result["plain"], 2), "units": units}


def main() -> None:
    """Print the rows per CPU second, their ratio and the write units."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    result = measure(arguments.rows, arguments.rounds)
    if arguments.json:
        print(json.dumps(result))
        return
    print(f"plain  {result['plain']:>9,.0f} rows per CPU second")
    print(f"ours   {result['ours']:>9,.0f} rows per CPU second")
    print(f"ratio  {result['ratio']:>9}")
    print(f"units  {result['units']:>9} of writes a row")


if __name__ == "__main__":
    main()

"""The workflow's Lambda functions, one after the other as the state machine calls them."""

import importlib
from typing import Any

import pytest
from pydantic import ValidationError

from <<cookiecutter.__package>>.adapters.items import REFERRED
from <<cookiecutter.__package>>.domain.model import ID

from tests import samples
from tests.conftest import BUCKET
from tests.handlers.conftest import LambdaContext

pytestmark = pytest.mark.usefixtures("function")
KEY = "incoming/acme/january.csv"
UPLOAD = {"upload": {"path": f"/{BUCKET}/{KEY}"}, "execution": "run-1"}


def _call(step: str, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return importlib.import_module(f"<<cookiecutter.__package>>.handlers.{step}").lambda_handler(event, context)


@pytest.fixture
def sent(bucket: Any, table: Any) -> list[dict[str, str]]:
    """A list of 25 rows in the inbox, and what it refers to in the projection."""
    rows = [samples.values(n) for n in range(25)]
    bucket.put_object(Bucket=BUCKET, Key=KEY, Body=samples.csv_file(rows))
    for known in samples.KNOWN:
        table.put_item(Item={"pk": REFERRED + known})
    return rows


def _verified(context: LambdaContext) -> dict[str, Any]:
    event = _call("register_list", UPLOAD, context)
    _call("validate_list", event, context)
    return _call("<<cookiecutter.__verification>>", event, context)


def _part(list_id: str, number: int, rows: int) -> dict[str, Any]:
    return {"part": number, "key": f"staging/{list_id}/part-{number:05d}", "rows": rows}


def test_a_list_goes_from_the_inbox_to_the_table(sent: list[dict[str, str]], table: Any, context: LambdaContext):
    """Each step answers with the list and the way to go, nothing else."""
    event = _verified(context)
    assert set(event) == {"list_id", "outcome"}
    for number, rows in enumerate((10, 10, 5)):
        part = _part(event["list_id"], number, rows)
        assert _call("import_list", {**event, "part": part}, context)["outcome"] == "IMPORTED"
    imported = [item[ID] for item in table.scan()["Items"] if item.get("list_id") == event["list_id"] and ID in item]
    assert sorted(imported) == [row[ID] for row in sent]


def test_an_event_of_s3_names_the_file_as_well(sent: Any, bucket: Any, context: LambdaContext):
    """Both sources announce the same list."""
    first = _call("register_list", UPLOAD, context)
    version = bucket.head_object(Bucket=BUCKET, Key=KEY)["VersionId"]
    again = {"upload": {"bucket": BUCKET, "key": KEY, "version": version}, "execution": "run-2"}
    assert _call("register_list", again, context) == {**first, "outcome": "ALREADY_REGISTERED"}


def test_a_failed_list_is_undone_and_announced(sent: list[dict[str, str]], table: Any, context: LambdaContext):
    """The event is ready to publish: type, subject, outcome, reason and where the report lies."""
    event = _verified(context)
    _call("import_list", {**event, "part": _part(event["list_id"], 0, 10)}, context)
    answer = _call("compensate_error", {**event, "error": {"Error": "States.Timeout"}}, context)

    assert answer["outcome"] == "FAILED"
    assert answer["event"]["type"].endswith("ListRejected")
    assert answer["event"]["subject"] == event["list_id"]
    assert answer["event"]["data"]["report"] == "reports/acme/january.csv.report.csv"
    assert not [item for item in table.scan()["Items"] if ID in item]


def test_an_upload_that_broke_off_is_refused(context: LambdaContext):
    """Also if it left nothing behind."""
    broken = {"upload": {"path": f"/{BUCKET}/{KEY}", "failed": "event-1"}, "execution": "run-1"}
    assert _call("register_list", broken, context)["outcome"] == "REFUSED"


@pytest.mark.parametrize("step", ["register_list", "validate_list", "import_list", "compensate_error"])
def test_an_event_of_another_form_is_an_error_that_names_what_is_missing(step: str, context: LambdaContext):
    """A wrongly wired workflow shows at once."""
    with pytest.raises(ValidationError, match="Field required"):
        _call(step, {}, context)

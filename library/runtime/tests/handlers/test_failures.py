"""The cause of a failed list: recorded for operators, hidden from partners and subscribers."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from payment import list_steps
from payment.context import PAYMENT

from bounded_context import aws
from bounded_context.adapters import dynamodb_bulk
from bounded_context.adapters.items import FAILURE
from bounded_context.application.ports import Throttled
from bounded_context.declaration import entry_points
from bounded_context.domain.formats import FileFormat
from bounded_context.telemetry import logs
from bounded_context.testing.functions import BUCKET, LambdaContext
from tests.handlers.conftest import Lines
from tests.handlers.functions import SAMPLES, handler
from tests.handlers.test_list_workflow import KEY, UPLOAD, _parts, _verify, sent  # noqa: F401  a fixture

pytestmark = pytest.mark.usefixtures("function", "sent")

NAME = "Ada Lovelace"
STEP_ERROR = {"Error": "RuntimeError", "Cause": f'{{"errorMessage": "{NAME}"}}'}
MISSING = {"Error": "DynamoDB.ConditionalCheckFailedException", "Cause": "..."}


def _call(step: str, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return handler(step)(event, context)


def _raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


def _record(table: Any, list_id: str) -> dict[str, Any]:
    return table.get_item(Key={"pk": f"LIST#{list_id}"})["Item"]


@pytest.fixture
def validated(context: LambdaContext) -> dict[str, Any]:
    event = _call("register_list", UPLOAD, context)
    return _call("validate_list", event, context)


@pytest.fixture
def verified(validated: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return _verify(validated, context)


def _verification_fails(
    event: dict[str, Any], context: LambdaContext, patch: pytest.MonkeyPatch, **part: dict[str, Any]
) -> None:
    patch.setattr(list_steps, "checks", lambda: [_raising(RuntimeError(NAME))])
    with pytest.raises(RuntimeError):
        _call("verify_subscription", {"list_id": event["list_id"], **part}, context)


def _part_fails(error: Exception, event: dict[str, Any], context: LambdaContext, part: int) -> None:
    with pytest.MonkeyPatch.context() as patch, pytest.raises(type(error)):
        patch.setattr(dynamodb_bulk.ImportedAggregateTable, "import_rows", _raising(error))
        _call("import_list", {**event, "part": _parts(event["list_id"])[part]}, context)


def _undone(event: dict[str, Any], context: LambdaContext, error: object) -> dict[str, Any]:
    for part in _parts(event["list_id"]):
        _call("compensate_error", {**event, "part": part}, context)
    return _call("compensate_error", {**event, "error": error}, context)


def test_a_failed_list_has_step_exception_own_line_and_log(
    validated: dict[str, Any], table: Any, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
):
    """The exception's text may quote a value, so only its type is recorded."""
    monkeypatch.setenv("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/verify")
    monkeypatch.setenv("AWS_LAMBDA_LOG_STREAM_NAME", "2026/01/31/[7]abc")
    _verification_fails(validated, context, monkeypatch)
    answer = _call("compensate_error", {**validated, "error": STEP_ERROR}, context)

    cause = _record(table, validated["list_id"])["failure"]
    assert (cause["step"], cause["error"]) == ("verify_subscription", "RuntimeError")
    assert cause["frame"].startswith("src/payment/list_steps.py:")
    assert cause["frame"].endswith(" in verify_subscription")
    assert "log-group/$252Faws$252Flambda$252Fverify/log-events/2026$252F01$252F31$252F$255B7$255Dabc" in cause["log"]
    assert NAME not in json.dumps(cause) + json.dumps(answer)
    assert answer["cause"].startswith("verify_subscription: RuntimeError, at src/payment/list_steps.py:")


def test_the_cause_of_a_verification_in_parallel_has_the_part(
    validated: dict[str, Any], table: Any, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
):
    """The map's own error names neither the part nor the exception."""
    _, second, *_ = _parts(validated["list_id"], "manifest.json")
    _verification_fails(validated, context, monkeypatch, part=second)
    _call("compensate_error", {**validated, "error": {"Error": "States.ExceedToleratedFailureThreshold"}}, context)
    cause = _record(table, validated["list_id"])["failure"]
    assert (cause["step"], cause["part"], cause["error"]) == ("verify_subscription", 1, "RuntimeError")


def test_partners_and_subscribers_get_no_internals(
    validated: dict[str, Any], bucket: Any, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
):
    """Neither the report nor the event has the step, the exception, the line or the log."""
    _verification_fails(validated, context, monkeypatch)
    answer = _call("compensate_error", {**validated, "error": STEP_ERROR}, context)
    report = bucket.get_object(Bucket=BUCKET, Key="reports/acme/january.csv.report.csv")["Body"].read().decode()
    for internal in ("verify_subscription", "RuntimeError", "src/", "amazon", NAME):
        assert internal not in report
        assert internal not in json.dumps(answer["event"])


def test_the_cause_is_of_the_part_that_failed(verified: dict[str, Any], table: Any, context: LambdaContext):
    """An exception of a part that a later try imported is no cause, though it was the last one."""
    event = verified
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": NAME}}, "ExecuteStatement")
    _part_fails(denied, event, context, part=1)
    _part_fails(ValueError(NAME), event, context, part=0)
    _call("import_list", {**event, "part": _parts(event["list_id"])[0]}, context)
    _undone(event, context, MISSING)
    cause = _record(table, event["list_id"])["failure"]
    assert (cause["step"], cause["part"], cause["error"]) == ("import_list", 1, "ClientError")
    assert cause["message"] == "AccessDenied when calling ExecuteStatement"


def test_a_failure_without_an_exception_has_its_part(verified: dict[str, Any], table: Any, context: LambdaContext):
    """A timeout, a lack of memory, a throttled call: the part is known. The machine's condition is not shown."""
    event = verified
    _call("import_list", {**event, "part": _parts(event["list_id"])[0]}, context)
    _part_fails(Throttled("slow"), event, context, part=1)
    _undone(event, context, MISSING)
    cause = _record(table, event["list_id"])["failure"]
    assert (cause["step"], cause["part"], cause.get("error")) == ("import_list", 1, None)
    assert not [item for item in table.scan()["Items"] if item["pk"].startswith(FAILURE)]


@pytest.mark.parametrize("error", ["Sandbox.Timedout", "States.Timeout", "Runtime.ExitError"])
def test_the_last_try_decides(
    error: str, validated: dict[str, Any], table: Any, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
):
    """An earlier try raised an exception, the last one was ended by Lambda."""
    _verification_fails(validated, context, monkeypatch)
    _call("compensate_error", {**validated, "error": {"Error": error}}, context)
    cause = _record(table, validated["list_id"])["failure"]
    assert (cause["step"], cause["error"]) == ("verify_subscription", error)


def test_an_earlier_step_that_succeeded_at_last_is_no_cause(
    table: Any, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
):
    """Its exception stays recorded, and the list failed in another step."""
    event = _call("register_list", UPLOAD, context)
    with monkeypatch.context() as patch:
        patch.setattr(aws.files(), "open", _raising(OSError(NAME)))
        with pytest.raises(OSError):
            _call("validate_list", event, context)
    _call("validate_list", event, context)
    _verification_fails(event, context, monkeypatch)
    _call("compensate_error", {**event, "error": STEP_ERROR}, context)
    assert _record(table, event["list_id"])["failure"]["step"] == "verify_subscription"


def test_a_failure_that_cannot_be_recorded_is_still_raised(
    validated: dict[str, Any], context: LambdaContext, monkeypatch: pytest.MonkeyPatch, lines: Lines
):
    """The step raises its own exception; the state machine retries by its name."""
    monkeypatch.setattr(aws.lists(), "record_failure", _raising(OSError(NAME)))
    _verification_fails(validated, context, monkeypatch)
    assert "failure not recorded" in [line["message"] for line in lines()]


def test_a_rejected_list_has_no_cause(context: LambdaContext, bucket: Any, table: Any):
    """Its reason is for the partner."""
    bucket.put_object(Bucket=BUCKET, Key=KEY, Body=b"no list")
    event = _call("register_list", {**UPLOAD, "execution": "run-2"}, context)
    _call("validate_list", event, context)
    answer = _call("compensate_error", event, context)
    assert (answer["outcome"], "cause" in answer) == ("REJECTED", False)
    assert "failure" not in _record(table, event["list_id"])


def test_operators_alone_get_the_setting_that_would_accept_a_file(
    context: LambdaContext, bucket: Any, table: Any, lines: Lines
):
    """In the record and in the log. The report has a sentence for the partner instead."""
    data = SAMPLES.file([SAMPLES.values(1)], format_=FileFormat(delimiter=";"))
    bucket.put_object(Bucket=BUCKET, Key=KEY, Body=data)
    event = _call("register_list", {**UPLOAD, "execution": "run-2"}, context)
    _call("validate_list", event, context)
    answer = _call("compensate_error", event, context)
    setting = 'partners.acme.format: {delimiter: ";"}'
    assert _record(table, event["list_id"])["setting"] == setting
    assert [line["setting"] for line in lines() if line["message"] == "list given up"] == [setting]
    report = bucket.get_object(Bucket=BUCKET, Key=f"reports/{KEY.removeprefix('incoming/')}.report.csv")["Body"].read()
    assert b"separated by semicolons: save the file with commas" in report
    assert "partners." not in report.decode() + json.dumps(answer)


def test_the_local_stack_shows_messages(
    validated: dict[str, Any], table: Any, context: LambdaContext, monkeypatch: pytest.MonkeyPatch, lines: Lines
):
    """Its data is made up. Secrets stay hidden there, too."""
    monkeypatch.setattr(logs, "_values", {"Lovelace"})
    monkeypatch.setattr("bounded_context.telemetry.logs.local", lambda: True)
    _verification_fails(validated, context, monkeypatch)
    _call("compensate_error", {**validated, "error": STEP_ERROR}, context)
    cause = _record(table, validated["list_id"])["failure"]
    assert (cause["message"], cause["log"]) == ("Ada ***", f"context logs --correlation {context.aws_request_id}")
    [logged] = [line for line in lines() if line["message"] == "uncaught exception"]
    assert "RuntimeError: Ada ***" in logged["exception"]
    assert 'File "src/payment/list_steps.py"' in logged["exception"]


@pytest.mark.parametrize(
    ("endpoint", "stack"),
    [
        ("", ""),
        ("", "http://127.0.0.1:4566"),
        ("http://127.0.0.1:4566", ""),
        ("http://127.0.0.1:4566", "1"),
        ("https://dynamodb.eu-central-1.amazonaws.com", "https://dynamodb.eu-central-1.amazonaws.com"),
    ],
)
def test_no_variable_alone_shows_values(endpoint: str, stack: str, monkeypatch: pytest.MonkeyPatch):
    """A function that shows values can only call an emulator on its own host."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv(entry_points.LOCAL_STACK, stack)
    assert not entry_points.local()
    assert logs.hidden(next(name for name in PAYMENT.details.model_fields if name not in logs._ids(PAYMENT)))


def test_the_emulator_shows_values(monkeypatch: pytest.MonkeyPatch):
    """It sets both variables to its own address."""
    for name in ("AWS_ENDPOINT_URL", entry_points.LOCAL_STACK):
        monkeypatch.setenv(name, "http://127.0.0.1:4566")
    assert entry_points.local()

"""The verification step on AWS: it runs the rule of the command that creates, and tells how long that took."""

from collections.abc import Callable
from typing import Any

import pytest
from payment.context import PAYMENT
from payment.use_cases import register_payment

from bounded_context import BusinessError
from bounded_context.application.verification import RuleFailed
from bounded_context.testing.functions import BUCKET
from tests.emf import emitted
from tests.handlers.conftest import LambdaContext, Lines
from tests.handlers.functions import ID, SAMPLES
from tests.handlers.test_list_workflow import KEY, UPLOAD, _call, _parts

pytestmark = pytest.mark.usefixtures("function")
PERSON = "some-person"
REPORT = "reports/acme/january.csv.report.csv"


class NotThisOne(BusinessError):
    """A refusal."""

    code = "not-this-one"


@pytest.fixture
def validated(bucket: Any, table: Any, context: LambdaContext, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The event of a call for all parts of a list of 40 rows with known references. The stack tolerates bad rows."""
    monkeypatch.setenv("TOLERATED_SHARE", "0.05")
    rows = [SAMPLES.values(n, payer=f"{PERSON}-{n}") for n in range(40)]
    bucket.put_object(Bucket=BUCKET, Key=KEY, Body=SAMPLES.file(rows))
    for known in SAMPLES.projection():
        table.put_item(Item=known)
    answer = _call("validate_list", _call("register_list", UPLOAD, context), context)
    return {"list_id": answer["list_id"]}


@pytest.fixture
def rule(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., Any]], None]:
    """Let the declaration name another rule."""
    return lambda used: monkeypatch.setitem(vars(PAYMENT.creating), "rule", used)


def _refusing(command: Any, payments: Any) -> Any:
    if command.id == "id-000003":
        raise NotThisOne("not this one")
    return register_payment(command, payments)


def test_a_refused_row_is_reported_and_the_others_are_imported(
    validated: Any, rule: Any, bucket: Any, table: Any, context: LambdaContext, lines: Lines, capsys: Any
):
    """The line of the log has the time and the codes, and so has the metric."""
    rule(_refusing)
    event = _call("verify_subscription", validated, context)
    report = bucket.get_object(Bucket=BUCKET, Key=REPORT)["Body"].read().decode().splitlines()
    assert [line.split(",") for line in report] == [
        ["line", "field", "reason", "code", "remedy"],
        ["5", "", "not this one", "not-this-one", "Correct the row: the reason names the rule."],
    ]
    part, *_ = _parts(event["list_id"])
    assert _call("import_list", {**event, "part": part}, context)["outcome"] == "IMPORTED"
    assert len([item for item in table.scan()["Items"] if ID in item]) == 9
    ran = [line for line in lines() if line["message"] == "rule run"]
    assert [(line["rule"], line["rows"]) for line in ran] == [("_refusing", 10)] * 4
    assert [line["refused"] for line in ran] == [{"not-this-one": 1}, {}, {}, {}]
    assert all(line["seconds"] >= 0 and line["list_id"] == event["list_id"] for line in ran)
    [measured] = [metric for metric in emitted(capsys.readouterr().out) if metric.name == "RuleSeconds"]
    assert len(measured.values) == 4


def test_a_failing_rule_is_logged_by_its_name_and_line_without_the_row(
    validated: Any, rule: Any, context: LambdaContext, lines: Lines
):
    """Nor is it in what Lambda writes."""

    def broken(command: Any, _: Any) -> Any:
        raise OSError(command.payer)

    rule(broken)
    with pytest.raises(RuleFailed) as failed:
        _call("verify_subscription", validated, context)
    assert str(failed.value) == "the rule broken fails for the row on line 2: it raised OSError"
    [line] = [line for line in lines() if line["level"] == "ERROR"]
    assert str(failed.value) in line["exception"]
    assert PERSON not in str(lines())
    assert PERSON not in str(failed.value)


def test_a_row_for_which_a_rule_fails_is_reported_and_logged_without_its_values(
    validated: Any, rule: Any, bucket: Any, context: LambdaContext, lines: Lines
):
    """The other rows are verified. The line of the log has the traceback, for the team."""

    def broken(command: Any, payments: Any) -> Any:
        if command.id == "id-000003":
            raise ValueError(command.payer)
        return register_payment(command, payments)

    rule(broken)
    assert _call("verify_subscription", validated, context)["outcome"] == "VERIFIED"
    _, report = bucket.get_object(Bucket=BUCKET, Key=REPORT)["Body"].read().decode().splitlines()
    assert report.split(",")[0] == "5"
    assert report.split(",")[3] == "rule-failed"
    [line] = [line for line in lines() if line["level"] == "ERROR"]
    assert (line["message"], line["rule"], line["rows"]) == ("rule failed", "broken", 1)
    assert "ValueError" in line["exception"]
    assert PERSON not in str(lines())
    assert PERSON not in report


def test_a_rule_reads_the_table(validated: Any, rule: Any, context: LambdaContext):
    """What a command has created."""

    def after_another(command: Any, payments: Any) -> Any:
        payments.get("id-000090")
        return register_payment(command, payments)

    message = {"idempotency_key": "key-1", "payload": SAMPLES.values(90)}
    assert _call(PAYMENT.creating.function, message, context)["ok"]
    rule(after_another)
    assert _call("verify_subscription", validated, context)["outcome"] == "VERIFIED"

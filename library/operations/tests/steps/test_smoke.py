"""The smoke check, and the profile under which it reaches its environment."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from bounded_context_operations.release import plan, steps
from bounded_context_operations.release.plan import Case
from tests.repairs import Records, exits, item
from tests.rollout.clients import error


def test_a_profile_assumes_the_environments_role(tmp_path: Path) -> None:
    """From the credentials that the build has."""
    plan.write_profile(tmp_path / "config", "arn:aws:iam::333344445555:role/deploy", "pipeline-prod")
    assert (tmp_path / "config").read_text() == (
        "[profile environment]\n"
        "role_arn = arn:aws:iam::333344445555:role/deploy\n"
        "role_session_name = pipeline-prod\n"
        "credential_source = EcsContainer\n\n"
    )


def answer(payload: str, **more: str) -> dict[str, Any]:
    """What Lambda answers."""
    return {"StatusCode": 200, "Payload": io.BytesIO(payload.encode()), **more}


@pytest.mark.parametrize(
    ("payload", "more"),
    [
        ('{"errorMessage": "boom"}', {"FunctionError": "Unhandled"}),
        ('{"smoke_check": "passed"}', {"FunctionError": "Unhandled"}),
        ('{"ok": true}', {}),
        ("null", {}),
        ("not JSON", {}),
    ],
)
def test_a_function_with_another_answer_fails(payload: str, more: dict[str, str]) -> None:
    """The failure has the answer."""
    [case] = steps.check({"f": "arn"}, lambda _: answer(payload, **more))
    assert (case.group, case.name) == ("smoke", "f")
    assert (case.failure or "").endswith(f": {payload}")


def test_a_function_that_answers_passed_passes() -> None:
    payload = '{"smoke_check": "passed", "function": "f", "version": "2"}'
    assert steps.check({"f": "arn"}, lambda _: answer(payload)) == [Case("smoke", "f", None)]


def test_a_function_that_cannot_be_invoked_does_not_hide_the_others() -> None:
    """Each function is invoked."""

    def invoke(arn: str) -> dict[str, Any]:
        if arn == "gone":
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "gone"}}, "Invoke")
        return answer('{"smoke_check": "passed"}')

    first, second = steps.check({"gone": "gone", "there": "there"}, invoke)
    assert "ResourceNotFoundException" in (first.failure or "")
    assert second.failure is None


class Stack:
    """A stack with one function, which passes unless `failure` is set, and the record of a repair."""

    def __init__(self, folder: Path) -> None:
        self.records = Records()
        self.failure: Exception | None = None
        self._folder = folder

    def client(self, service: str, region_name: str) -> Any:
        assert region_name == "eu-central-1"
        return self.records if service == "dynamodb" else self

    def invoke(self, **_: Any) -> dict[str, Any]:
        if self.failure:
            raise self.failure
        return answer('{"smoke_check": "passed"}')

    def check(self) -> int:
        functions = {"one": "arn:aws:lambda:eu-central-1:111122223333:function:payment-prod-one:live"}
        file = self._folder / "outputs.json"
        file.write_text(json.dumps({"functions": functions, "table_name": "payment-prod-table"}))
        project: Any = SimpleNamespace(build=self._folder)
        return steps.check_stack(project, file)


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    stack = Stack(tmp_path)
    monkeypatch.setattr("boto3.client", stack.client)
    monkeypatch.setenv("STACK", "prod")
    return stack


def test_the_check_of_a_paused_stack_begins_with_the_repair(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    """The repair throttles the functions. A return to the version before would not help."""
    stack.records.item = item(datetime.now(UTC))
    stack.failure = error("Invoke", "TooManyRequestsException")
    assert stack.check() == 1
    out, err = capsys.readouterr()
    continues, ends = exits(out.splitlines()[0])
    assert "restore prod --at" in continues
    assert "restore prod --resume" in ends
    assert "rollout back" not in err


def test_without_a_repair_a_failure_names_the_way_back(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.failure = error("Invoke", "TooManyRequestsException")
    assert stack.check() == 1
    out, err = capsys.readouterr()
    assert out.startswith("one: ")
    assert "rollout back" in err


def test_a_record_that_cannot_be_read_fails_no_check(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    """The role may have the policy of an earlier version."""
    stack.records.before["get_item"] = [error("GetItem", "AccessDeniedException")]
    assert stack.check() == 0
    [unknown, passed] = capsys.readouterr().out.splitlines()
    assert "AccessDeniedException" in unknown
    assert passed == "one: passed"


def test_a_check_without_credentials_is_one_sentence(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.records.before["get_item"] = [NoCredentialsError()]
    assert stack.check() == 1
    out, err = capsys.readouterr()
    assert (out, err.count(str(NoCredentialsError()))) == ("", 1)

"""The smoke check, and the profile under which it reaches its environment."""

import io
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bounded_context_cli.release.steps import aws_profile, smoke
from bounded_context_cli.release.steps.junit import Case


def test_a_profile_takes_on_the_environments_role(tmp_path: Path) -> None:
    """From the credentials that the build has."""
    aws_profile.write(tmp_path / "config", "arn:aws:iam::333344445555:role/deploy", "pipeline-prod")
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
    [case] = smoke.check({"f": "arn"}, lambda _: answer(payload, **more))
    assert (case.group, case.name) == ("smoke", "f")
    assert (case.failure or "").endswith(f": {payload}")


def test_a_function_that_answers_passed_passes() -> None:
    payload = '{"smoke_check": "passed", "function": "f", "version": "2"}'
    assert smoke.check({"f": "arn"}, lambda _: answer(payload)) == [Case("smoke", "f", None)]


def test_a_function_that_cannot_be_invoked_does_not_hide_the_others() -> None:
    """Each function is invoked."""

    def invoke(arn: str) -> dict[str, Any]:
        if arn == "gone":
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "gone"}}, "Invoke")
        return answer('{"smoke_check": "passed"}')

    first, second = smoke.check({"gone": "gone", "there": "there"}, invoke)
    assert "ResourceNotFoundException" in (first.failure or "")
    assert second.failure is None

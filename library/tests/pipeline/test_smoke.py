"""The smoke check, and the profile under which it reaches its environment."""

import io
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bounded_context.pipeline import aws_profile, smoke
from bounded_context.pipeline.junit import Case


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
    ("payload", "more", "failure"),
    [
        ('{"smoke_check": "passed", "function": "f", "version": "2"}', {}, None),
        ('{"errorMessage": "boom"}', {"FunctionError": "Unhandled"}, 'it failed: {"errorMessage": "boom"}'),
        ('{"ok": true}', {}, 'its answer does not say that it passed: {"ok": true}'),
        ("null", {}, "its answer does not say that it passed: null"),
        ("not JSON", {}, "its answer does not say that it passed: not JSON"),
    ],
)
def test_a_function_passes_only_if_it_says_so(payload: str, more: dict[str, str], failure: str | None) -> None:
    """An answer of any other form is a failure, and says what came."""
    assert smoke.check({"f": "arn"}, lambda _: answer(payload, **more)) == [Case("smoke", "f", failure)]


def test_a_function_that_cannot_be_invoked_does_not_hide_the_others() -> None:
    """Each function is looked at."""

    def invoke(arn: str) -> dict[str, Any]:
        if arn == "gone":
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "gone"}}, "Invoke")
        return answer('{"smoke_check": "passed"}')

    first, second = smoke.check({"gone": "gone", "there": "there"}, invoke)
    assert "ResourceNotFoundException" in (first.failure or "")
    assert second.failure is None

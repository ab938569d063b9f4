"""The versions that aliases leave are deleted when no call of them can be in progress."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bounded_context_cli.command.aws_errors import Calls
from bounded_context_local.live import reload
from bounded_context_local.live.reload import LeftVersions, publish

ALIAS = "arn:aws:lambda:eu-west-1:123456789012:function:one:live"


class Account(Calls):
    """An account with the function `one` and its alias `live`, and the executions of a state machine."""

    def __init__(self) -> None:
        self.versions, self.live, self.executions = ["1"], "1", list[str]()

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        match service, operation:
            case _, "get_alias":
                return {"FunctionVersion": self.live}
            case _, "update_function_code":
                self.versions.append(str(int(self.versions[-1]) + 1))
                return {"Version": self.versions[-1]}
            case _, "update_alias":
                self.live = parameters["FunctionVersion"]
            case _, "list_executions":
                return {"executions": self.executions}
            case _, "delete_function":
                self._delete(parameters["Qualifier"])
        return {}

    def _delete(self, version: str) -> None:
        if version == self.live:
            raise ClientError({"Error": {"Code": "ResourceConflictException"}}, "DeleteFunction")
        self.versions.remove(version)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The time of the clock, in seconds."""
    time = [0.0]
    monkeypatch.setattr(reload, "monotonic", lambda: time[0])
    yield time


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def left_versions(account: Account) -> LeftVersions:
    return LeftVersions(account, "machine")


def _save(account: Account, left_versions: LeftVersions) -> None:
    left_versions.add("one", publish(account, ALIAS, b"code"))


def test_ten_saves_leave_one_version(account: Account, left_versions: LeftVersions, now: list[float]):
    """The version of the alias."""
    for _ in range(10):
        _save(account, left_versions)
        now[0] += reload.LEFT_SECONDS
        left_versions.delete()
    assert account.versions == [account.live] == ["11"]


def test_a_left_version_may_end_its_calls(account: Account, left_versions: LeftVersions, now: list[float]):
    """The emulator kills the calls of a deleted version. An import calls its steps for minutes."""
    _save(account, left_versions)
    now[0] += reload.LEFT_SECONDS - 0.1
    left_versions.delete()
    assert account.versions == ["1", "2"]
    account.executions = ["running"]
    now[0] += 0.1
    left_versions.delete()
    assert account.versions == ["1", "2"]
    account.executions = []
    now[0] += reload.LEFT_SECONDS
    left_versions.delete()
    assert account.versions == ["2"]


def test_a_version_to_which_the_alias_returned_stays(account: Account, left_versions: LeftVersions, now: list[float]):
    """Such as after a rollback."""
    _save(account, left_versions)
    account.live = "1"
    now[0] += reload.LEFT_SECONDS
    left_versions.delete()
    assert account.versions == ["1", "2"]

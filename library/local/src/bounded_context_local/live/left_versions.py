"""Publication of new code, and deletion of the versions that it replaces.

The emulator never ends the process of a version, with 45 MB of memory, before the version is deleted.
"""

from contextlib import suppress
from time import monotonic
from typing import Final

from botocore.exceptions import ClientError

from bounded_context_cli.command.calls import Calls

LEFT_SECONDS: Final = 10.0
"""Seconds before a version is deleted, because the emulator then kills its calls: the timeout of commands and queries
(`infra/wiring/presets.py`). Queues and streams repeat a killed call; an import does not, and keeps the versions."""


def publish(aws: Calls, alias_arn: str, code: bytes) -> str:
    """Publish new code of a function, point its alias to the version, and return the version that the alias left.

    The function's configuration stays unchanged.
    """
    function, alias = alias_arn.split(":")[6:]
    left = aws.call("lambda", "get_alias", FunctionName=function, Name=alias)["FunctionVersion"]
    version = aws.call("lambda", "update_function_code", FunctionName=function, ZipFile=code, Publish=True)["Version"]
    aws.call("lambda", "update_alias", FunctionName=function, Name=alias, FunctionVersion=version, RoutingConfig={})
    return left


class LeftVersions:
    """The versions that aliases have left, until they are deleted."""

    def __init__(self, aws: Calls, machine: str | None) -> None:
        """`machine` is the ARN of the state machine that imports lists; None in a context without lists."""
        self._aws = aws
        self._machine = machine
        self._due: dict[tuple[str, str], float] = {}

    def add(self, function: str, version: str) -> None:
        """Delete this version later."""
        self._due[function, version] = monotonic() + LEFT_SECONDS

    def delete(self) -> None:
        """Delete the due versions. While an import runs, all versions become due later."""
        due = [left for left, at in self._due.items() if at <= monotonic()]
        if due and self._imports():
            self._due = dict.fromkeys(self._due, monotonic() + LEFT_SECONDS)
            return
        for function, version in due:
            del self._due[function, version]
            # An alias may have returned to the version.
            with suppress(ClientError):
                self._aws.call("lambda", "delete_function", FunctionName=function, Qualifier=version)

    def _imports(self) -> bool:
        if self._machine is None:
            return False
        running = {"stateMachineArn": self._machine, "statusFilter": "RUNNING"}
        return bool(self._aws.call("stepfunctions", "list_executions", **running)["executions"])

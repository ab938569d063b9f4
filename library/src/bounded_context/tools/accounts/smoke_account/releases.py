"""Release a bad and a good version of a command with the rollout driver."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from ....declaration.context import Context
from ...local import versions
from ...local.rehearsal.acts import cannot_start, works
from ..pulumi_cli import Failed
from .world import World


def bad_version(world: World, context: Context[Any], outputs: Mapping[str, Any]) -> str:
    """Release a version that cannot start. Raises Failed unless it is rolled back and the version before is live."""
    command = _Command(world, context, outputs)
    before = command.live()
    published = command.publish(cannot_start)
    status, part = command.release()
    if (status, part["result"]) != (1, "rolled back"):
        raise Failed(f"version {published}, which cannot start, was not rolled back: {part['result']}, {part['why']}")
    _must_be(command, before)
    return f"version {published} of {command.name} was rolled back: {part['why']}"


def good_version(world: World, context: Context[Any], outputs: Mapping[str, Any]) -> str:
    """Release a working version. Raises Failed unless it has all traffic and answers."""
    command = _Command(world, context, outputs)
    published = command.publish(works)
    status, part = command.release()
    if (status, part["result"]) != (0, "succeeded"):
        raise Failed(f"version {published}, which works, was not released: {part['result']}, {part['why']}")
    _must_be(command, published)
    return f"version {published} of {command.name} has all traffic"


def _must_be(command: "_Command", version: str) -> None:
    live, answered = command.live(), command.answered()
    if (live, answered) != (version, version):
        raise Failed(f"version {live} of {command.name} is live, not {version}, and {answered} answers.")


class _Command:
    """The context's first command in the stack."""

    def __init__(self, world: World, context: Context[Any], outputs: Mapping[str, Any]) -> None:
        self.name = context.command_functions[0]
        self._world = world
        self._file = f"{context.name}/context.py"
        self._alias_arn: str = outputs["functions"][self.name]
        *_, self._function, self._alias = self._alias_arn.split(":")

    def publish(self, change: Callable[[str], str]) -> str:
        """Publish a version with changed sources, wait until it can be invoked, and return its number."""
        aws, code = self._world.aws, self._world.code
        changed = change(versions.source_of(code, self._file))
        published = versions.publish(aws, self._function, code, self._file, changed)
        aws.client("lambda").get_waiter("function_updated_v2").wait(FunctionName=self._function)
        return published

    def release(self) -> tuple[int, Mapping[str, Any]]:
        """Release the version. Return the driver's exit status and its report about this function."""
        status, report = self._world.release()
        if "functions" not in report:
            raise Failed(f"the rollout was refused: {report.get('why')}")
        [part] = [part for part in report["functions"] if part["name"] == self.name]
        return status, part

    def live(self) -> str:
        """Return the version with all traffic, or all versions that share the traffic."""
        alias = self._world.aws.call("lambda", "get_alias", FunctionName=self._function, Name=self._alias)
        others = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        return " and ".join([alias["FunctionVersion"], *others])

    def answered(self) -> str:
        """Return the version that answers a smoke check through the alias, or its error."""
        event = json.dumps({"smoke_check": True}).encode()
        answer = self._world.aws.call("lambda", "invoke", FunctionName=self._alias_arn, Payload=event)
        payload = answer["Payload"].read().decode()
        return payload if "FunctionError" in answer else str(answer["ExecutedVersion"])

"""Release a bad and a good version of a command with the rollout driver."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from bounded_context.declaration.context import Context
from bounded_context_local.rehearsal import versions
from bounded_context_local.rehearsal.acts import cannot_start, works
from bounded_context_platform.temporary_stacks.pulumi_cli import Failed

from .worlds import World


def check_bad_version(world: World, context: Context[Any], outputs: Mapping[str, Any]) -> str:
    """Release a version that cannot start. Raises Failed unless it is rolled back and the version before is live."""
    command = _Command(world, context, outputs)
    before = command.live()
    published = command.publish(cannot_start)
    why = command.release((1, "rolled back"), f"version {published}, which cannot start, was not rolled back")
    command.require_live(before)
    return f"version {published} of {command.name} was rolled back: {why}"


def check_good_version(world: World, context: Context[Any], outputs: Mapping[str, Any]) -> str:
    """Release a working version. Raises Failed unless it has all traffic and answers."""
    command = _Command(world, context, outputs)
    published = command.publish(works)
    command.release((0, "succeeded"), f"version {published}, which works, was not released")
    command.require_live(published)
    return f"version {published} of {command.name} has all traffic"


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

    def release(self, expected: tuple[int, str], problem: str) -> str:
        """Release the version, and return the driver's reason. Raises Failed for another exit status or result."""
        status, report = self._world.release()
        if "functions" not in report:
            raise Failed(f"the rollout was refused: {report.get('why')}")
        [part] = [part for part in report["functions"] if part["name"] == self.name]
        if (status, part["result"]) != expected:
            raise Failed(f"{problem}: {part['result']}, {part['why']}")
        return part["why"]

    def live(self) -> str:
        """Return the version with all traffic, or all versions that share the traffic."""
        alias = self._world.aws.call("lambda", "get_alias", FunctionName=self._function, Name=self._alias)
        others = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        return " and ".join([alias["FunctionVersion"], *others])

    def require_live(self, version: str) -> None:
        """Raise Failed unless the version has all traffic and answers a smoke check through the alias."""
        event = json.dumps({"smoke_check": True}).encode()
        answer = self._world.aws.call("lambda", "invoke", FunctionName=self._alias_arn, Payload=event)
        payload = answer["Payload"].read().decode()
        live, answered = self.live(), payload if "FunctionError" in answer else str(answer["ExecutedVersion"])
        if (live, answered) != (version, version):
            raise Failed(f"version {live} of {self.name} is live, not {version}, and {answered} answers.")

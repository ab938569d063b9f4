"""The releases of a stack's functions: traffic shifts step by step, unless the stack's strategy is `AllAtOnce`."""

from collections.abc import Iterator, Mapping
from typing import Any

from bounded_context.declaration.entry_points import HOOKS

from ..components.function_alarms import FunctionAlarms
from ..components.release import Release
from ..components.releases import Releases
from ..configuration.config import SettingError
from ..stack.stack import Stack
from .functions import Functions


class Canary(Mapping[str, Release]):
    """The releases by function name. CodeDeploy shifts the traffic of each alias `live` by the stack's strategy.

    Args:
        stack: the stack whose strategy applies.
        functions: the functions to release, and the hooks that check them.

    Attributes:
        shared: the resources that all releases share.

    Raises:
        SettingError: the setting `latency_alarms` names an unknown function.
    """

    def __init__(self, stack: Stack, functions: Functions) -> None:
        _check(stack, functions)
        self._stack = stack
        self._functions = functions
        self.shared = self._shared()
        self._releases = {
            name: Release(name, stack, function=functions[name], shared=self.shared) for name in functions.called
        }
        FunctionAlarms("functions", stack, self._releases)

    def __getitem__(self, name: str) -> Release:
        return self._releases[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._releases)

    def __len__(self) -> int:
        return len(self._releases)

    @property
    def described(self) -> Mapping[str, Any]:
        """The stack output for the rollout: application, strategy, deployment groups and hooks."""
        return {
            "application": self.shared.application.name,
            "strategy": self._stack.settings.rollout_strategy.name,
            "groups": {name: release.group.deployment_group_name for name, release in self.items()},
            "hooks": {name: self._functions[name].function.name for name in HOOKS},
        }

    def _shared(self) -> Releases:
        shared = Releases("release", self._stack)
        hooks = [self._functions[name] for name in HOOKS]
        released = [self._functions[name].function.arn for name in self._functions.called]
        shared.permit(released, [hook.function.arn for hook in hooks])
        for hook in hooks:
            shared.grant_check(hook.role, released)
        self._stack.key.grant_use(shared.role)
        self._stack.warnings.grant_publish(shared.role)
        return shared


def _check(stack: Stack, functions: Functions) -> None:
    for name in stack.settings.latency_alarms:
        if name not in functions.called:
            raise SettingError("latency_alarms", f"has {name!r}: write one of {', '.join(functions.called)}.")

"""A release for each function, and what their releases have in common."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from infra.account import Account
from infra.alerts import Alerts
from infra.components.function import Function
from infra.components.release import Release
from infra.components.releases import Releases
from infra.context import COMMANDS, STEPS, VERIFICATION
from infra.labels import Labels
from infra.service.functions import POST_TRAFFIC, PRE_TRAFFIC, SPECS
from infra.settings import Settings


def release(
    labels: Labels,
    account: Account,
    settings: Settings,
    alerts: Alerts,
    functions: Mapping[str, Function],
) -> tuple[Releases, dict[str, Release]]:
    """Give every function but the hooks a release; returns what they share, and the releases by name."""
    shared = Releases("release", labels, account, settings.rollout_strategy)
    hooks = [functions[name] for name in (PRE_TRAFFIC, POST_TRAFFIC)]
    released = [functions[spec.name].function.arn for spec in SPECS]
    shared.permit(released, [hook.function.arn for hook in hooks])
    for hook in hooks:
        shared.grant_check(hook.role, released)
    releases = {
        spec.name: Release(
            spec.name,
            labels,
            function=functions[spec.name].function,
            application=shared.application.name,
            config_name=shared.config_name,
            role=shared.role,
            alerts=alerts,
            latency_ms=settings.latency_alarms.get(spec.name),
            more_alarms=settings.release_alarms,
        )
        for spec in SPECS
    }
    for spec in SPECS:
        releases[spec.name].watch(spec.timeout)
    for name in COMMANDS:
        releases[name].promise_answers(settings.objectives.command_percent)
    return shared, releases


def steps(releases: Mapping[str, Release]) -> Mapping[str, Release]:
    """What the state machine calls, by the name of its substitution."""
    return {f"{'verification' if name == VERIFICATION else name}_arn": releases[name] for name in STEPS}


def described(
    settings: Settings,
    shared: Releases,
    releases: Mapping[str, Release],
    functions: Mapping[str, Function],
    workflow_alarms: Sequence[pulumi.Input[str]],
) -> Mapping[str, Any]:
    """What the rollout must know of a stack."""
    return {
        "application": shared.application.name,
        "strategy": settings.rollout_strategy.name,
        "groups": {name: release.group.deployment_group_name for name, release in releases.items()},
        "hooks": {name: functions[name].function.name for name in (PRE_TRAFFIC, POST_TRAFFIC)},
        "workflow_alarms": workflow_alarms,
    }

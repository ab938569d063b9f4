"""The moved modules of the library, and the commands that replaced its recipes and modules."""

from __future__ import annotations

LIBRARY = "bounded_context"
CONSOLE = f"{LIBRARY}.tools.command"
"""The module that `python -m` runs as `context`."""

_STEPS = ("aws_profile", "deploy", "junit", "lock", "preview", "preview_report", "pulumi_cli", "smoke", "tools")

MOVED = {
    "adapters.keyed": "adapters.idempotency_keys",
    "adapters.patience": "adapters.retries",
    "audit": "tools.audit",
    "check": "tools.check",
    "collected": "tools.programs.garbage",
    "context": "declaration.context",
    "contracts": "tools.contracts",
    "contracts.said": "tools.contracts.version_declarations",
    "contradictions": "declaration.contradictions",
    "cost": "tools.views.cost",
    "drawing": "tools.views.drawing",
    "graph": "tools.programs.graph",
    "infra.access_log": "infra.parts.access_log",
    "infra.account": "infra.stack.account",
    "infra.alerts": "infra.stack.alerts",
    "infra.api_settings": "configuration.api_settings",
    "infra.bootstrap": "tools.accounts.bootstrap",
    "infra.canary": "infra.wiring.canary",
    "infra.components._alarm": "infra.parts.alarms",
    "infra.components._bucket": "infra.parts.buckets",
    "infra.components._burn": "infra.parts.burn_rate",
    "infra.components._component": "infra.stack.component",
    "infra.components._given_up": "infra.parts.on_failure",
    "infra.components._queue": "infra.parts.queues",
    "infra.components._sftp": "infra.parts.sftp",
    "infra.components._uploads": "infra.parts.uploads",
    "infra.components._watch_api": "infra.parts.api_alarms",
    "infra.components._watch_function": "infra.parts.function_alarms",
    "infra.components._watch_queue": "infra.parts.queue_alarms",
    "infra.components._watch_table": "infra.parts.table_alarms",
    "infra.components.alarm_topic": "infra.stack.alarm_topic",
    "infra.components.key": "infra.stack.key",
    "infra.config": "configuration.config",
    "infra.consumes": "configuration.consumes",
    "infra.functions": "infra.wiring.functions",
    "infra.interfaces": "infra.stack.interfaces",
    "infra.labels": "configuration.labels",
    "infra.logs": "infra.stack.logs",
    "infra.objectives": "configuration.objectives",
    "infra.observability": "infra.wiring.observability",
    "infra.outputs": "infra.wiring.outputs",
    "infra.policy": "infra.stack.policy",
    "infra.presets": "infra.wiring.presets",
    "infra.settings": "configuration.settings",
    "infra.thresholds": "configuration.thresholds",
    "installed": "tools.command.installed",
    "local": "tools.local",
    "local.arrivals": "tools.local.uploads",
    "local.beside": "tools.local.additions",
    "local.beside.doors": "tools.local.additions.interfaces",
    "local.beside.heard": "tools.local.additions.foreign_event",
    "local.beside.shown": "tools.local.additions.results",
    "local.beside.watched": "tools.local.additions.schedules",
    "local.dashboards.asked": "tools.local.dashboards.metric_lines",
    "local.defined": "tools.local.metric_definitions",
    "local.doors": "tools.local.api_requests",
    "local.ending": "tools.local.completion",
    "local.environment": "tools.programs.environment",
    "local.errors": "tools.command.errors",
    "local.kept": "tools.local.kept_run",
    "local.kept_api": "tools.local.kept_page",
    "local.list_page.told": "tools.local.list_page.data",
    "local.live.choices": "tools.local.live.names",
    "local.live.concerned": "tools.local.live.affected",
    "local.live.deployed": "tools.local.live.deployed_function",
    "local.live.listed": "tools.local.live.list_samples",
    "local.measured": "tools.local.metric_checks",
    "local.neighbour": "tools.local.consumed_context",
    "local.routed": "tools.local.http_request",
    "local.staged": "tools.local.intermediate_files",
    "local.statements.form": "tools.local.statements.insert",
    "measures": "declaration.measures",
    "package": "tools.release.package",
    "pages": "tools.views.pages",
    "permissions": "tools.accounts.permissions",
    "picture": "tools.views.picture",
    "picture.things": "tools.views.picture.resources",
    "pipeline": "infra.pipeline",
    **{f"pipeline.{name}": f"tools.release.steps.{name}" for name in _STEPS},
    "policies": "tools.policies",
    "project": "configuration.project",
    "pull_requests": "tools.accounts.pull_requests",
    "pulumi_files": "tools.programs.pulumi_files",
    "pulumi_program": "tools.programs.pulumi_program",
    "redrive": "tools.repair.redrive",
    "redrive.given_up": "tools.repair.redrive.failed_batches",
    "redrive.look": "tools.repair.redrive.inspection",
    "rollout": "tools.release.rollout",
    "rollout.clock": "tools.command.clock",
    "rollout.console": "tools.command.console",
    "rollout.denied": "tools.command.denied",
    "rollout.errors": "tools.command.aws_errors",
    "sandbox": "tools.accounts.sandbox",
    "secret_names": "declaration.secret_names",
    "smoke_account": "tools.accounts.smoke_account",
    "smoke_account.pulumi_cli": "tools.accounts.pulumi_cli",
    "smoke_account.throwaway": "tools.accounts.throwaway",
    "strategy": "configuration.strategy",
    "survey": "tools.survey",
    "survey.apart": "tools.survey.workers",
    "testing.collected": "tools.programs.garbage",
    "testing.kept": "tools.programs.shared_cache",
    "testing.picture": "tools.views.picture.cli",
    "testing.policies": "tools.policies.cli",
    "testing.samples": "tools.programs.samples",
    "testing.settings_read": "tools.programs.settings_read",
    "words": "domain.spelling",
}
"""The modules and packages that moved, and their new names. The longest matching entry decides."""

RENAMED = {
    "infra.components._watch_queue.watch_letters": "infra.parts.queue_alarms.alarm_on_dead_letters",
    "infra.stack.Stack": "infra.stack.stack.Stack",
    "infra.watch_letters": "infra.alarm_on_dead_letters",
}
"""The functions and classes that have a new name, or a module that does not follow from `MOVED`."""

_COMMANDS = (
    *("audit", "bootstrap", "check", "contracts", "cost", "debug", "deploy", "docs", "e2e", "fix", "imports", "invoke"),
    *("lint", "logs", "openapi", "package", "permissions", "picture", "policies", "preview", "redrive", "rehearse"),
    *("rollout", "run", "sandbox", "smoke-account", "test", "types"),
)
RECIPES = {name: name for name in _COMMANDS if name != "policies"} | {
    "pipeline-preview": "pipeline preview",
    "pipeline": "pipeline deploy",
}
"""The template's recipes, and the command of `context` that replaces each."""

WITHOUT_ARGUMENTS = (
    *("bootstrap", "contracts", "fix", "imports", "lint"),
    *("openapi", "package", "pipeline", "pipeline-preview", "types"),
)
"""The recipes after which another recipe may follow in one call."""

MODULES = {
    "audit": "audit",
    "check": "check",
    "contracts": "contracts",
    "contracts.openapi": "openapi",
    "cost": "cost",
    "docs": "docs",
    "infra.bootstrap": "bootstrap",
    "local": "run",
    "local.live": "",
    "local.rehearsal": "rehearse",
    "package": "package",
    "permissions": "permissions",
    "picture": "picture",
    "pipeline.aws_profile": "step aws-profile",
    "pipeline.deploy": "step deploy",
    "pipeline.preview": "step preview",
    "pipeline.smoke": "step smoke",
    "pipeline.tools": "step tools",
    "policies": "policies",
    "pull_requests.comment": "pull-request comment",
    "pull_requests.preview": "pull-request preview",
    "pull_requests.stack": "pull-request",
    "redrive": "redrive",
    "rollout": "rollout",
    "sandbox": "sandbox",
    "smoke_account": "smoke-account",
    "survey": "survey",
}
"""The library's modules that `python -m` ran, and the command that replaces each."""


def moved(name: str) -> str:
    """Return the new dotted name of a module, or of a name in it. Both begin with the library's name."""
    parts = name.split(".")
    if parts[0] != LIBRARY:
        return name
    if ".".join(parts[1:]) in RENAMED:
        return f"{LIBRARY}.{RENAMED['.'.join(parts[1:])]}"
    for length in range(len(parts), 1, -1):
        if (key := ".".join(parts[1:length])) in MOVED:
            return ".".join([LIBRARY, MOVED[key], *parts[length:]])
    return name

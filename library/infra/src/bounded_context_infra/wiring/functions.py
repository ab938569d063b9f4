"""The functions of a stack, each made from its preset, and their releases, which shift traffic step by step.

A preset has the limits, environment and permissions of a function.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pulumi
from pulumi_aws import lambda_

from bounded_context.declaration.context import Context
from bounded_context.declaration.entry_points import HOOKS, entry_point, secret_variable, system_variable
from bounded_context.declaration.own_routes import own_routes
from bounded_context.declaration.structure import EXPORT_FILES, MEET_DEADLINES, WATCH_LISTS, WATCH_MAPPINGS

from ..components.alarms import FunctionAlarms
from ..components.delivery import Delivery
from ..components.function import ARCHITECTURE, RUNTIME, Function
from ..components.inbound import TIMEOUT
from ..components.releases import Release, Releases
from ..components.secret import Secret
from ..configuration.config import SettingError
from ..configuration.list_settings import formats
from ..configuration.project import current
from ..configuration.settings import KEBAB
from ..stack.program import allow
from ..stack.stack import ALL_KEYS, Folder, Items, Objects, Operation, Queue, Stack, Topic

_ONE_CPU: Final = 1769
"""MB of memory at which Lambda gives a function a whole processor."""


@dataclass(frozen=True, kw_only=True)
class Preset:
    """The limits, environment and permissions of a function. Vary a preset by `dataclasses.replace`.

    Args:
        timeout: seconds that a call may take.
        memory: MB; with 1769 a function has a whole processor.
        variables: the names of the variables in its environment (see `Functions`).
        items: the operations that it may perform on items of the table.
        of_others: whether `items` are only those of other contexts' aggregates, which the setting `consumes` names.
        queries: whether it may query the table's indexes.
        read: the inbox's folders whose objects it may read.
        write: the inbox's folders whose objects it may write.
        list_: the inbox's folders that it may list.
        calls: the other systems that it may call, in kebab-case; the setting `systems` has the address of each.
        secrets: the secrets that it may read, in kebab-case; the variable SECRET_<NAME> contains the ARN of each.
        recursive: whether its messages may lead to it again. Otherwise Lambda stops it after about 16 calls (Lambda
            developer guide, "Use Lambda recursive loop detection to prevent infinite loops").
        handler: the dotted name of the entry point. By default, commands, queries, own routes, `on_event` and steps
            have the library's. The verification, and a step that you ejected, have `<package>.list_steps.<function>`,
            and your own functions `<package>.<function>.lambda_handler`.
    """

    timeout: int
    memory: int
    variables: tuple[str, ...] = ()
    items: tuple[Operation, ...] = ()
    of_others: bool = False
    queries: bool = False
    read: tuple[Folder, ...] = ()
    write: tuple[Folder, ...] = ()
    list_: tuple[Folder, ...] = ()
    calls: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    handler: str | None = None
    recursive: bool = False

    @property
    def uses_objects(self) -> bool:
        """Whether the function accesses the inbox."""
        return bool(self.read or self.write or self.list_)


COMMAND: Final = Preset(
    timeout=10,
    memory=512,
    variables=("CONTEXT", "TABLE_NAME"),
    items=("GetItem", "PutItem", "UpdateItem", "DeleteItem"),
)
"""Executes a command."""

GET: Final = Preset(timeout=10, memory=512, variables=("CONTEXT", "TABLE_NAME"), items=("GetItem",))
"""Returns an aggregate."""

LIST: Final = Preset(timeout=10, memory=512, variables=("CONTEXT", "TABLE_NAME"), queries=True)
"""Returns a page of aggregates."""

CHILDREN: Final = Preset(timeout=10, memory=512, variables=("CONTEXT", "TABLE_NAME"), items=("GetItem", "BatchGetItem"))
"""Returns a page of the children of an aggregate."""

ROUTE: Final = replace(CHILDREN, queries=True)
"""Answers an own route: reads aggregates and their children, and queries the indexes."""

REGISTER_LIST: Final = Preset(
    timeout=900,
    memory=_ONE_CPU,
    variables=("CONTEXT", "TABLE_NAME", "INBOX_BUCKET", "MAX_LIST_BYTES", "TEMPORARY_NAMES"),
    items=("GetItem", "PutItem", "UpdateItem"),
    read=("incoming",),
    list_=("incoming",),
)
"""Records an uploaded list."""

VALIDATE_LIST: Final = Preset(
    timeout=900,
    memory=_ONE_CPU,
    variables=("CONTEXT", "TABLE_NAME", "INBOX_BUCKET", "TOLERATED_SHARE", "PART_ROWS", "MAX_LIST_BYTES", "FORMATS"),
    items=("GetItem", "UpdateItem"),
    read=("incoming", "staging"),
    write=("staging",),
    list_=("staging",),
)
"""Validates a list's rows, and stages the valid rows."""

VERIFY_LIST: Final = Preset(
    timeout=900,
    memory=_ONE_CPU,
    variables=("TABLE_NAME", "INBOX_BUCKET", "TOLERATED_SHARE"),
    items=("GetItem", "BatchGetItem", "UpdateItem"),
    read=("staging", "reports"),
    write=("staging", "reports"),
    list_=("staging", "reports"),
)
"""Verifies a list's rows against the context's data."""

IMPORT_LIST: Final = Preset(
    timeout=120,
    memory=_ONE_CPU,
    variables=("CONTEXT", "TABLE_NAME", "INBOX_BUCKET"),
    items=("GetItem", "BatchGetItem", "PartiQLInsert", "UpdateItem"),
    read=("staging",),
    list_=("staging",),
)
"""Writes a part of a list. If a call is lost, the part and its list wait until the timeout of that call."""

COMPENSATE_ERROR: Final = Preset(
    timeout=900,
    memory=_ONE_CPU,
    variables=("CONTEXT", "TABLE_NAME", "INBOX_BUCKET"),
    items=("GetItem", "UpdateItem", "DeleteItem"),
    read=("staging", "reports"),
    write=("reports",),
    list_=("staging", "reports"),
)
"""Undoes the imported rows of a list."""

ON_EVENT: Final = Preset(
    timeout=TIMEOUT,
    memory=512,
    variables=("CONTEXT", "TABLE_NAME", "CONSUMES", "DEAD_LETTER_URL"),
    items=("PutItem",),
    of_others=True,
)
"""Receives other contexts' events."""

_REACTING: Final = replace(
    ON_EVENT,
    variables=(*ON_EVENT.variables, "INBOUND_URL"),
    items=COMMAND.items,
    of_others=False,
    recursive=True,
)
"""Receives other contexts' events, and runs the commands of reactions."""


def _platform_preset(timeout: int, memory: int, *variables: str) -> Preset:
    return Preset(timeout=timeout, memory=memory, variables=("CONTEXT", *variables))


PRE_TRAFFIC, POST_TRAFFIC = HOOKS

PLATFORM: Final[Mapping[str, Preset]] = {
    "relay_events": _platform_preset(60, 512, "TOPIC_ARN"),
    "measure_lists": _platform_preset(60, 256, "IMPORT_TARGET_SECONDS"),
    WATCH_LISTS: _platform_preset(60, 256, "STATE_MACHINE_ARN", "FUNCTION_PREFIX"),
    WATCH_MAPPINGS: _platform_preset(60, 256, "FUNCTION_PREFIX"),
    # A page of 1,000 versions takes less than half a second, so 15 minutes suffice for some two million versions.
    "sweep_uploads": replace(
        _platform_preset(900, 512, "TABLE_NAME", "INBOX_BUCKET", "TEMPORARY_NAMES"),
        items=("BatchGetItem",),
        list_=("incoming",),
    ),
    # Sends the commands one after the other, for at most as long as until its next call.
    MEET_DEADLINES: replace(_platform_preset(900, 512, "TABLE_NAME"), items=COMMAND.items, queries=True),
    # Writes the files one after the other, for at most as long as until its next call.
    EXPORT_FILES: replace(
        _platform_preset(900, _ONE_CPU, "TABLE_NAME", "INBOX_BUCKET", "FORMATS"),
        read=("outgoing",),
        write=("outgoing",),
        list_=("outgoing",),
    ),
    PRE_TRAFFIC: _platform_preset(120, 512, "FUNCTION_PREFIX"),
    POST_TRAFFIC: _platform_preset(120, 512, "FUNCTION_PREFIX"),
}
"""The presets of the library's own functions. The variable CONTEXT names the context to them."""


def _platform(context: Context[Any]) -> Mapping[str, Preset]:
    """Return the presets of the library's own functions.

    With an approval, the watch reads the waiting lists. With children, the relay removes those of a removed aggregate.
    """
    presets = dict(PLATFORM)
    if context.approval:
        presets[WATCH_LISTS] = replace(_with_table(PLATFORM[WATCH_LISTS]), items=("BatchGetItem",))
    if context.children:
        presets["relay_events"] = _with_table(PLATFORM["relay_events"])
    return presets


def _with_table(preset: Preset) -> Preset:
    return replace(preset, variables=(*preset.variables, "TABLE_NAME"))


def standard_presets(context: Context[Any]) -> dict[str, Preset]:
    """Return the preset of each function of a context, except for the library's own (`PLATFORM`)."""
    return {
        **dict.fromkeys(context.command_functions, COMMAND),
        **{name: _query(context, name) for name in context.queries},
        **dict.fromkeys(own_routes(context), replace(ROUTE, queries=bool(context.indexes))),
        **dict(
            zip(context.steps, (REGISTER_LIST, VALIDATE_LIST, VERIFY_LIST, IMPORT_LIST, COMPENSATE_ERROR), strict=False)
        ),
        "on_event": replace(_REACTING, queries=bool(context.queried_by)) if context.reactions else ON_EVENT,
    }


def _query(context: Context[Any], name: str) -> Preset:
    if name in context.child_queries:
        return CHILDREN
    return LIST if name == context.list_function else GET


_MB: Final = 1024 * 1024


class FunctionsError(pulumi.RunError):
    """Presets that do not fit the context. Pulumi prints it without a traceback."""


class Functions(Mapping[str, Function]):
    """The functions of a stack by name, with the permissions that their presets request.

    The library's functions are included. An entry of `presets` with the name of such a function replaces its preset.

    Args:
        stack: the stack that they belong to.
        presets: the preset of each function of the context.
        table: the table that presets access by `items` and `queries`; the variable TABLE_NAME.
        fanout: the topic that the relay publishes to; TOPIC_ARN.
        inbound: the queue whose messages `on_event` receives; CONSUMES, DEAD_LETTER_URL, INBOUND_URL.
        inbox: the bucket with the folders of presets; INBOX_BUCKET. None without lists.
        workflow: the name of the state machine, which is made after the functions that it calls; STATE_MACHINE_ARN.
            None without lists.
        values: the values of your own variables, by name.

    Attributes:
        presets: the preset of each function, in the order of the context's functions.
        secrets: the secrets that presets name, each made once.
        deliveries: the connectors to partners' own servers, by partner.

    Raises:
        FunctionsError: a function of the context has no preset, a variable or a called system of a preset has no value,
            or the name of a secret is bad.
    """

    def __init__(
        self,
        stack: Stack,
        presets: Mapping[str, Preset],
        *,
        table: Items,
        fanout: Topic,
        inbound: Queue,
        inbox: Objects | None = None,
        workflow: str | None = None,
        values: Mapping[str, pulumi.Input[str]] | None = None,
    ) -> None:
        self._stack = stack
        names = (*stack.context.functions, *HOOKS)
        own = {name: preset for name, preset in _platform(stack.context).items() if name in names}
        self.presets = _in_order_for_readers(stack, {**own, **presets})
        _check_reserved(stack, self.presets)
        self._values = {
            **_settings(stack),
            "TABLE_NAME": table.table_name,
            "TOPIC_ARN": fanout.topic.arn,
            "DEAD_LETTER_URL": inbound.dead_letter_url,
            "INBOUND_URL": inbound.queue_url,
            **({"INBOX_BUCKET": inbox.bucket_name} if inbox else {}),
            **({"STATE_MACHINE_ARN": stack.machine_arn(workflow)} if workflow else {}),
            **(values or {}),
        }
        self.secrets = {name: Secret(name, stack) for name in _secrets(self.presets)}
        self.deliveries = dict(_deliveries(stack, inbox)) if inbox else {}
        self._code = pulumi.FileArchive(f"{stack.settings.artifacts}/code.zip")
        self._layer = self._dependencies()
        self._functions = {name: self._function(name, preset) for name, preset in self.presets.items()}
        for name in self._functions:
            self._permit(name, table, inbox)
        fanout.grant_publish(self["relay_events"].role)
        if prefixes := [stack.context.child_prefix(children.name) for children in stack.context.children]:
            self["relay_events"].permit("children", table.deletion(prefixes))
        if stack.context.exports:
            self[EXPORT_FILES].permit("exports", *table.exports)
        if connectors := [delivery.connector.arn for delivery in self.deliveries.values()]:
            actions = ["transfer:StartFileTransfer", "transfer:ListFileTransferResults"]
            self[EXPORT_FILES].permit("deliveries", allow(actions, *connectors))

    def __getitem__(self, name: str) -> Function:
        return self._functions[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._functions)

    def __len__(self) -> int:
        return len(self._functions)

    @property
    def called(self) -> list[str]:
        """The functions that are called through an alias: all except the hooks of releases."""
        return [name for name in self if name not in HOOKS]

    def _dependencies(self) -> lambda_.LayerVersion:
        return lambda_.LayerVersion(
            "dependencies",
            layer_name=self._stack.labels.name("dependencies"),
            code=pulumi.FileArchive(f"{self._stack.settings.artifacts}/layer.zip"),
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[ARCHITECTURE],
            # A rollback returns to published versions, which still use their layer. Of a temporary stack nothing is
            # left: its versions keep a copy of a deleted layer (Lambda API reference, DeleteLayerVersion).
            skip_destroy=self._stack.settings.expires is None,
        )

    def _function(self, name: str, preset: Preset) -> Function:
        return Function(
            name,
            self._stack,
            handler=preset.handler or entry_point(self._stack.context, name),
            code=self._code,
            layer_arn=self._layer.arn,
            timeout=preset.timeout,
            memory=preset.memory,
            environment={
                **{variable: self._value(name, variable) for variable in preset.variables},
                **self._gate(name),
                **self._delivery(name),
                **{system_variable(system): self._address(name, system) for system in preset.calls},
                **{secret_variable(secret): self.secrets[secret].arn for secret in preset.secrets},
            },
        )

    def _gate(self, name: str) -> dict[str, str]:
        """Return the variable of the step that records uploads, if a malware scan must precede the list."""
        gated = self._stack.settings.malware != "none" and name == "register_list"
        return {"MALWARE": self._stack.settings.malware} if gated else {}

    def _delivery(self, name: str) -> dict[str, pulumi.Input[str]]:
        """Return the variable of the function that sends files to partners' own servers, if there are any."""
        if name != EXPORT_FILES or not self.deliveries:
            return {}
        partners = self._stack.settings.partners
        sent = {each: [own.connector.id, partners[each].server[1]] for each, own in self.deliveries.items()}
        return {"DELIVERIES": pulumi.Output.json_dumps(sent)}

    def _value(self, name: str, variable: str) -> pulumi.Input[str]:
        if variable not in self._values:
            raise FunctionsError(f"{name} reads {variable}, which has no value: pass its value to Functions.")
        return self._values[variable]

    def _address(self, name: str, system: str) -> str:
        if system not in self._stack.settings.systems:
            remedy = f"write its address into the setting systems of {self._stack.labels.stack}."
            raise FunctionsError(f"{name} calls {system}, which has no address: {remedy}")
        return self._stack.settings.systems[system]

    def _keys(self, preset: Preset) -> Sequence[str]:
        """Return the key prefixes of a preset's items. `of_others` has no prefix if the stack consumes no events."""
        if not preset.items:
            return ()
        return [source.key for source in self._stack.settings.consumes.values()] if preset.of_others else ALL_KEYS

    def _permit(self, name: str, table: Items, inbox: Objects | None) -> None:
        preset, role = self.presets[name], self[name].role
        self._stack.key.grant_use(role)
        keys = self._keys(preset)
        if keys and preset.queries:
            table.grant_items(role, *preset.items, keys=keys, queries=True)
        elif keys:
            # A team's copy of the table may be older than `queries`.
            table.grant_items(role, *preset.items, keys=keys)
        elif preset.queries:
            table.grant_queries(role)
        if preset.calls:
            self[name].permit("circuits", table.circuits)
        if inbox and preset.uses_objects:
            inbox.grant_objects(role, read=preset.read, write=preset.write, list_=preset.list_)
        for secret in preset.secrets:
            self.secrets[secret].grant_read(role)
        if preset.recursive:
            own = self[name]
            lambda_.FunctionRecursionConfig(
                own.name, function_name=own.function.name, recursive_loop="Allow", opts=own.child()
            )


def _in_order_for_readers(stack: Stack, presets: Mapping[str, Preset]) -> dict[str, Preset]:
    """Return the presets in the order for readers: the context's functions, the team's own, the hooks of releases."""
    names = stack.context.functions
    if missing := set(names) - set(presets):
        raise FunctionsError(f"FUNCTIONS lacks {min(missing)}: write how it is made, by a preset of the library.")
    own = [name for name in presets if name not in (*names, *HOOKS)]
    return {name: presets[name] for name in (*names, *own, *HOOKS)}


def _check_reserved(stack: Stack, presets: Mapping[str, Preset]) -> None:
    for name in stack.settings.reserved_concurrency:
        if name not in presets:
            raise SettingError("reserved_concurrency", f"has {name!r}: write one of {', '.join(presets)}.")


def _secrets(presets: Mapping[str, Preset]) -> list[str]:
    """Return the names of all secrets, sorted so that they do not depend on the order of functions."""
    for function, preset in presets.items():
        for name in preset.secrets:
            if not KEBAB.fullmatch(name):
                raise FunctionsError(f"{function} has the secret {name!r}: write its name in kebab-case.")
    return sorted({name for preset in presets.values() for name in preset.secrets})


def _deliveries(stack: Stack, inbox: Objects) -> Iterator[tuple[str, Delivery]]:
    """Yield a connector to the own server of each partner that has one, and make its secret."""
    for partner, own in stack.settings.deliveries.items():
        name = f"deliver-{partner}"
        secret_arn, bucket = Secret(name, stack).arn, inbox.bucket_name
        # A connector takes keys without their comments.
        keys = [" ".join(key.text.split()[:2]) for key in own.host_keys]
        yield (
            partner,
            Delivery(name, stack, partner, url=own.server[0], host_keys=keys, secret_arn=secret_arn, bucket=bucket),
        )


def _settings(stack: Stack) -> dict[str, pulumi.Input[str]]:
    settings = stack.settings
    consumes = {
        context: {"aggregate": source.aggregate, "created_by": source.created_by, "deleted_by": source.deleted_by}
        for context, source in settings.consumes.items()
    }
    return {
        "CONTEXT": str(current().settings["context"]),
        "FUNCTION_PREFIX": f"{stack.labels.prefix}-",
        "MAX_LIST_BYTES": str(settings.max_list_mb * _MB),
        "TEMPORARY_NAMES": json.dumps(settings.temporary_names),
        "FORMATS": json.dumps({name: file_format.settings for name, file_format in formats(settings.partners).items()}),
        "TOLERATED_SHARE": str(settings.tolerated_share),
        "PART_ROWS": str(settings.part_rows),
        "IMPORT_TARGET_SECONDS": str(settings.objectives.import_minutes * 60),
        "CONSUMES": json.dumps(consumes),
    }


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
        self.shared = self._common_releases()
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

    def _common_releases(self) -> Releases:
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

"""The library's distributions: imports of modules that moved to another one, and requirements in `pyproject.toml`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import libcst as cst
from libcst import matchers
from libcst.matchers import findall

from ..files import edit, write
from ..python import add_import, dotted, imports, modules, name_of, remove_imports, statements

LIBRARY = "bounded_context"

MODULES = {
    "configuration": "bounded_context_infra.configuration",
    "docs": "bounded_context_cli.docs",
    "infra": "bounded_context_infra",
    "infra.parts": "bounded_context_infra._parts",
    "testing.aws_plugin": "bounded_context_local.testing.plugin",
    "testing.browser": "bounded_context_cli.testing.browser",
    "testing.consumed": "bounded_context_cli.testing",
    "testing.graph": "bounded_context_cli.testing.graph",
    "testing.plugin": "bounded_context_cli.plugin",
    "testing.promise_items": "bounded_context_cli.plugin",
    "testing.promises": "bounded_context_cli.promises",
    "testing.reproduced": "bounded_context_local.testing.reproduced",
    "testing.requests": "bounded_context_cli.testing.requests",
    "testing.running": "bounded_context_local.testing.running",
    "testing.statements": "bounded_context_local.inserts",
    "tools": "bounded_context_cli",
    "tools.accounts": "bounded_context_platform",
    "tools.accounts.temporary_stacks.smoke_account": "bounded_context_lab.smoke_account",
    "tools.agent": "bounded_context_local.agent",
    "tools.local": "bounded_context_local",
    "tools.local.dashboards": "bounded_context_lab.dashboards",
    "tools.local.storm": "bounded_context_lab.storm",
    "tools.programs.file_formats": "bounded_context.testing.functions",
    "tools.programs.samples": "bounded_context.testing.functions",
    "tools.release": "bounded_context_operations.release",
    "tools.release.package": "bounded_context_cli.package",
    "tools.repair": "bounded_context_operations.repair",
    "tools.repair.second_tables": "bounded_context_cli.views.cost",
    "tools.survey": "bounded_context_platform.survey",
    "tools.views.capacity": "bounded_context_lab.capacity",
    "tools.views.drawing": "bounded_context_lab.drawing",
    "testing.ConsumedEvents": "bounded_context_cli.testing.ConsumedEvents",
}
"""The new places by the old ones, below the library's package. A module is where the longest name of these leads."""

_INFRA = "bounded_context_infra"
_PARTS = f"{_INFRA}._parts"
_PUBLIC_NAMES = (
    "ALL_KEYS Component LabelError Metric Notice SettingError Settings Stack Statement When alarm allow grant "
    "private_bucket trust"
)
_PUBLIC = frozenset(_PUBLIC_NAMES.split())
"""The building blocks that stay public. 0.4.0 has all of them in `infra`, `infra.parts` and the modules of `parts`."""

_PRIVATE_NAMES = (
    "BUSINESS CIRCUIT_KEY HOUR LISTS_LATE LISTS_RECEIVED LISTS_REJECTED LIST_KEY LIVE MAPPINGS_FAILING MINUTE "
    "OLDEST_UNFINISHED PYTHON TECHNICAL UPLOADS_BROKEN UPLOADS_DEAD_LETTERS UPLOADS_QUARANTINED UPLOADS_UNSEEN "
    "WATCH_LISTS WATCH_MAPPINGS Account AlarmTopic Alerts ApiObjectives ApiSettings Consumed Dimensions Endpoint "
    "Folder Items Key Labels LambdaFunction Logs Machine Measure Names Objective Objectives Objects Observed "
    "Operation Part Partner Query Queue ReleaseResources Severity Startable Strategy Target Thresholds Topic "
    "UploadRule Vpc abandoned_bucket access_log alarm_on_dead_letters api_sections archive_bucket back_up "
    "business calculated composite dashboard_url document feed_from guard joined kebab only_from only_over_tls "
    "queue queue_and_dead_letters queue_policy redrive_to report_abandoned require_encrypted s3_rules "
    "saved_queries scan_rules scan_statements scan_uploads sent_by sftp_addresses sftp_endpoint sftp_folders "
    "sftp_name sftp_network sftp_rules sftp_server sftp_user start_on_upload technical watch_age watch_answers "
    "watch_api watch_dead_letters watch_durations watch_errors watch_objective watch_stream watch_table "
    "watch_throttles write_abandoned"
)
_PRIVATE = frozenset(_PRIVATE_NAMES.split())
"""The building blocks that are private since 0.5.0."""

_GROUP = 'dev = ["bounded-context[infra,local,pinned,tools]"'
_GROUPS = """\
# Of a deployment, and of CI.
deploy = ["bounded-context-cli", "bounded-context-infra", "bounded-context-operations", "bounded-context-platform"]
dev = [{ include-group = "deploy" }, "bounded-context-cli[pinned]", "bounded-context-local\""""

_NAMED = re.compile(rf'"({LIBRARY}(?:\.\w+)+)"')


def apply(repository: Path, _template: Path) -> Iterator[str]:
    """Rename the imports in all Python files, and the modules and distributions in `pyproject.toml`."""
    edit(repository / "pyproject.toml", _requirements)
    for path, module in modules(repository, LIBRARY):
        renamed = _joined(module.visit(_Renamed()))
        if renamed.code != module.code:
            write(path, renamed.code)
        if names := sorted(_private(renamed)):
            place = path.relative_to(repository)
            yield (
                f"{place}: imports private names of the library, which may change: {', '.join(names)}. Use a component "
                "with `transforms`, or `context eject component NAME`."
            )


def _joined(module: cst.Module) -> cst.Module:
    """Return a module with one statement for the names of the infrastructure, which several modules had before."""
    froms = [statement for statement in statements(module.body) if isinstance(statement, cst.ImportFrom)]
    if [name_of(statement.module) for statement in froms if not statement.relative].count(_INFRA) < 2:
        return module
    names = [name for source, name, local in imports(module) if source == _INFRA and name == local]
    return add_import(remove_imports(module, _INFRA, *names), _INFRA, *names)


def _private(module: cst.Module) -> Iterator[str]:
    """Yield the private building blocks that a module imports, or reads from the package by an alias."""
    packages = {local for source, name, local in imports(module) if f"{source}.{name}" == _PARTS}
    yield from packages
    yield from (name for source, name, _ in imports(module) if source.startswith(_PARTS))
    aliases = {
        alias.evaluated_alias or alias.evaluated_name
        for statement in statements(module.body)
        if isinstance(statement, cst.Import)
        for alias in statement.names
        if alias.evaluated_name == _INFRA
    }
    for node in findall(module, matchers.Attribute()):
        source, _, name = name_of(node).rpartition(".")
        if source in aliases and name in _PRIVATE:
            yield name


def moved(name: str) -> str:
    """Return the new name of a module, or of a name in a module."""
    words = name.removeprefix(f"{LIBRARY}.").split(".") if name.startswith(f"{LIBRARY}.") else []
    known = (".".join(words[:count]) for count in range(len(words), 0, -1))
    longest = next((prefix for prefix in known if prefix in MODULES), None)
    return name if longest is None else _block(MODULES[longest] + name.removeprefix(f"{LIBRARY}.{longest}"))


def _block(name: str) -> str:
    """Return the place of a building block, whose module may have joined another; another name as it is."""
    source, _, leaf = name.rpartition(".")
    if source == _INFRA or source.startswith(_PARTS):
        return f"{_INFRA}.{leaf}" if leaf in _PUBLIC else f"{_PARTS}.{leaf}" if leaf in _PRIVATE else name
    return name


def _requirements(content: str) -> str:
    text = _NAMED.sub(lambda match: f'"{moved(match[1])}"', content)
    return text.replace("bounded-context[runtime]", "bounded-context").replace(_GROUP, _GROUPS)


class _Renamed(cst.CSTTransformer):
    """Renames modules; ``from`` imports whose names moved to several modules become several statements."""

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.FlattenSentinel[cst.SimpleStatementLine]:
        [first, *others] = updated_node.body
        if others or not isinstance(first, cst.ImportFrom):
            return updated_node
        split = list(_split(first))
        if split == [first]:
            return updated_node
        return cst.FlattenSentinel([_line(updated_node, number, statement) for number, statement in enumerate(split)])

    def leave_ImportAlias(self, original_node: cst.ImportAlias, updated_node: cst.ImportAlias) -> cst.ImportAlias:
        name = name_of(updated_node.name)
        return updated_node if moved(name) == name else updated_node.with_changes(name=dotted(moved(name)))

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        # The outermost attribute has the whole name.
        return not name_of(node).startswith(f"{LIBRARY}.")

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        name = name_of(updated_node)
        return updated_node if moved(name) == name else dotted(moved(name))

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        return False

    def leave_SimpleString(self, original_node: cst.SimpleString, updated_node: cst.SimpleString) -> cst.SimpleString:
        name = updated_node.raw_value
        if not name.startswith(f"{LIBRARY}.") or not all(part.isidentifier() for part in name.split(".")):
            return updated_node
        quoted = f"{updated_node.prefix}{updated_node.quote}{moved(name)}{updated_node.quote}"
        return updated_node.with_changes(value=quoted)


def _split(statement: cst.ImportFrom) -> Iterator[cst.ImportFrom | cst.Import]:
    """Yield the statement itself if no name of it moved, otherwise a statement for each new module."""
    source = name_of(statement.module)
    if statement.relative or isinstance(statement.names, cst.ImportStar) or source.split(".")[0] != LIBRARY:
        star = isinstance(statement.names, cst.ImportStar) and not statement.relative and moved(source) != source
        yield statement.with_changes(module=dotted(moved(source))) if star else statement
        return
    groups: dict[str, list[cst.ImportAlias]] = {}
    for alias in statement.names:
        target, _, leaf = moved(f"{source}.{name_of(alias.name)}").rpartition(".")
        groups.setdefault(target, []).append(_renamed(alias, leaf))
    if list(groups) == [source] and list(groups[source]) == list(statement.names):
        yield statement
    elif len(groups) == 1 and "" not in groups:
        [(target, aliases)] = groups.items()
        yield statement.with_changes(module=dotted(target), names=aliases)
    else:
        yield from (_import(target, aliases) for target, aliases in groups.items())


def _renamed(alias: cst.ImportAlias, name: str) -> cst.ImportAlias:
    """Return an alias with a new name that the code still uses by its old name."""
    old = name_of(alias.name)
    if name == old:
        return alias
    local = alias.asname or cst.AsName(cst.Name(old))
    return alias.with_changes(name=cst.Name(name), asname=local)


def _import(source: str, aliases: Sequence[cst.ImportAlias]) -> cst.ImportFrom | cst.Import:
    """Return the import of names from a module, or of distributions' packages, whose source is empty."""
    plain = [alias.with_changes(comma=cst.MaybeSentinel.DEFAULT) for alias in aliases]
    if not source:
        return cst.Import(names=plain)
    return cst.ImportFrom(module=dotted(source), names=plain)


def _line(
    line: cst.SimpleStatementLine, number: int, statement: cst.ImportFrom | cst.Import
) -> cst.SimpleStatementLine:
    """Return a line with a statement; the first one keeps the comments."""
    if not number:
        return line.with_changes(body=[statement])
    return cst.SimpleStatementLine([statement])

"""The library's distributions: imports of modules that moved to another one, and requirements in `pyproject.toml`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import libcst as cst

from ..files import edit, write
from ..python import dotted, modules, name_of

LIBRARY = "bounded_context"

MODULES = {
    "configuration": "bounded_context_infra.configuration",
    "docs": "bounded_context_cli.docs",
    "infra": "bounded_context_infra",
    "testing.aws_plugin": "bounded_context_local.testing.plugin",
    "testing.browser": "bounded_context_cli.testing.browser",
    "testing.consumed": "bounded_context_cli.testing.consumed",
    "testing.graph": "bounded_context_cli.testing.graph",
    "testing.plugin": "bounded_context_cli.plugin",
    "testing.promise_items": "bounded_context_cli.plugin",
    "testing.promises": "bounded_context_cli.promises",
    "testing.reproduced": "bounded_context_local.testing.reproduced",
    "testing.requests": "bounded_context_cli.testing.requests",
    "testing.running": "bounded_context_local.testing.running",
    "testing.statements": "bounded_context_local.testing.statements",
    "tools": "bounded_context_cli",
    "tools.accounts": "bounded_context_platform",
    "tools.accounts.temporary_stacks.smoke_account": "bounded_context_lab.smoke_account",
    "tools.agent": "bounded_context_local.agent",
    "tools.local": "bounded_context_local",
    "tools.local.dashboards": "bounded_context_lab.dashboards",
    "tools.local.storm": "bounded_context_lab.storm",
    "tools.programs.file_formats": "bounded_context.testing.samples",
    "tools.programs.samples": "bounded_context.testing.samples",
    "tools.survey": "bounded_context_platform.survey",
    "tools.views.capacity": "bounded_context_lab.capacity",
    "tools.views.drawing": "bounded_context_lab.drawing",
    "testing.ConsumedEvents": "bounded_context_cli.testing.ConsumedEvents",
}
"""The new places by the old ones, below the library's package. A module is where the longest name of these leads."""

_GROUP = 'dev = ["bounded-context[infra,local,pinned,tools]"'
_GROUPS = """\
# Of a deployment, and of CI.
deploy = ["bounded-context-cli", "bounded-context-infra", "bounded-context-platform"]
dev = [{ include-group = "deploy" }, "bounded-context-cli[pinned]", "bounded-context-local\""""

_NAMED = re.compile(rf'"({LIBRARY}(?:\.\w+)+)"')


def apply(repository: Path, _template: Path) -> Iterator[str]:
    """Rename the imports in all Python files, and the modules and distributions in `pyproject.toml`."""
    edit(repository / "pyproject.toml", _requirements)
    for path, module in modules(repository, LIBRARY):
        renamed = module.visit(_Renamed())
        if renamed.code != module.code:
            write(path, renamed.code)
    return iter(())


def moved(name: str) -> str:
    """Return the new name of a module, or of a name in a module."""
    words = name.removeprefix(f"{LIBRARY}.").split(".") if name.startswith(f"{LIBRARY}.") else []
    known = (".".join(words[:count]) for count in range(len(words), 0, -1))
    longest = next((prefix for prefix in known if prefix in MODULES), None)
    return name if longest is None else MODULES[longest] + name.removeprefix(f"{LIBRARY}.{longest}")


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

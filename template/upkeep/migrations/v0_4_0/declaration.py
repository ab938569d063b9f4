"""The declaration: `Command` gets the command's rule, and `versions` only the versions that are not 1.0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import libcst as cst
import libcst.matchers as m
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from ....words import snake
from ..files import write
from ..layout import WIDTH, fitted_call
from ..python import add_import, imports, name_of, parsed
from .handler_modules import HandlerModule, handler_modules, package
from .versions import with_versions

_KINDS = ("Command.creates", "Command.changes", "Command.deletes")


@dataclass(frozen=True)
class Rule:
    """A command's rule: its name, and its module from the package, such as ``.use_cases``."""

    name: str
    source: str


def apply(repository: Path, _template: Path) -> Iterator[str]:
    """Add the rule to each command of ``context.py`` that has none."""
    folder = package(repository)
    if folder is None:
        return
    path = folder / "context.py"
    module, rules = parsed(repository, path), _rules(repository, folder)
    positions = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    commands = _Commands(rules, module.code, positions)
    changed = module.visit(commands)
    for rule in dict.fromkeys(commands.used):
        changed = add_import(changed, rule.source, rule.name)
    changed = with_versions(repository, folder, changed)
    if changed.code != module.code:
        write(path, changed.code)
    for model in commands.unknown:
        yield f"src/{folder.name}/context.py: name the rule of {model} as the second argument of its Command."


def _rules(repository: Path, folder: Path) -> Mapping[str, Rule]:
    """Return the rule of each command's model, from its handler; by name for commands without a handler."""
    found = {model: rule for handler in handler_modules(repository) for model, rule in _of_handler(handler)}
    use_cases = folder / "use_cases.py"
    functions = parsed(repository, use_cases).body if use_cases.is_file() else ()
    names = [line.name.value for line in functions if isinstance(line, cst.FunctionDef)]
    commands = folder / "commands.py"
    classes = parsed(repository, commands).body if commands.is_file() else ()
    models = [line.name.value for line in classes if isinstance(line, cst.ClassDef)]
    by_name = {model: Rule(snake(model), ".use_cases") for model in models if snake(model) in names}
    return by_name | found


def _of_handler(handler: HandlerModule) -> Iterator[tuple[str, Rule]]:
    """Yield the model and the rule of ``command_handler(CONTEXT, Model, rule, adapters)``."""
    call = handler.call("command_handler")
    if call is None or len(call.args) < 3:
        return
    model, local = name_of(call.args[1].value), name_of(call.args[2].value)
    for source, name, alias in imports(handler.module):
        if alias == local and source.startswith(".."):
            yield model, Rule(name, source[1:])


class _Commands(cst.CSTTransformer):
    """Inserts the rules into the calls of Command."""

    def __init__(self, rules: Mapping[str, Rule], code: str, positions: Mapping[cst.CSTNode, CodeRange]) -> None:
        super().__init__()
        self._rules, self._positions = rules, positions
        self._lines = code.splitlines()
        self.used: list[Rule] = []
        self.unknown: list[str] = []

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        if name_of(updated_node.func) not in _KINDS or not updated_node.args or self._has_rule(updated_node):
            return updated_node
        model = name_of(updated_node.args[0].value)
        if model not in self._rules:
            self.unknown.append(model)
            return updated_node
        self.used.append(self._rules[model])
        return self._fitted(original_node, _with_rule(updated_node, self._rules[model].name))

    def _has_rule(self, call: cst.Call) -> bool:
        """Whether the second argument is a rule: a name that the module imports. A status is an attribute."""
        second = call.args[1:2]
        named = any(found.keyword and found.keyword.value == "rule" for found in call.args)
        return named or bool(second and isinstance(second[0].value, cst.Name) and not second[0].keyword)

    def _fitted(self, original: cst.Call, call: cst.Call) -> cst.Call:
        start = self._positions[original].start
        line = self._lines[start.line - 1]
        first, *others = cst.Module([]).code_for_node(call).split("\n")
        widths = [start.column + len(first) + (not others), *map(len, others)]
        if max(widths) <= WIDTH or any("#" in other for other in others):
            return call
        return fitted_call(call, line[: len(line) - len(line.lstrip())])


def _with_rule(call: cst.Call, rule: str) -> cst.Call:
    first, *rest = call.args
    comma = first.comma if m.matches(first.comma, m.Comma()) else cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    return call.with_changes(args=[first.with_changes(comma=comma), cst.Arg(cst.Name(rule), comma=comma), *rest])

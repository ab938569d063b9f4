"""What is declared has code, and what is coded is deployed."""

import importlib
import importlib.util
from collections.abc import Iterator
from typing import Any

from ...application.creating import lacking_in_rows
from ...context import Context
from ...domain.commands import Command
from ...domain.errors import BusinessError
from ..rules import creating_use_case, verifying_rules
from ._promise import Check, Repository


def commands_have_an_entry_point(where: Repository) -> Iterator[str]:
    """Every command can be given: it has an entry point."""
    for command in where.context.commands:
        if command.function not in where.modules:
            yield _missing(where, command)


def lists_obey_the_rule(where: Repository) -> Iterator[str]:
    """Lists obey what commands obey: the verification runs the rule of the command that creates for each row."""
    context = where.context
    if lacking := lacking_in_rows(context):
        yield f"commands: {lacking}"
        return
    rule, verified = creating_use_case(context), [one.use_case for one in verifying_rules(context)]
    if not verified or (rule and verified != [rule]):
        runs = f"runs {', '.join(map(_named, verified))}" if verified else "runs no rule"
        yield f"src/{context.name}/handlers/{context.verification}.py {runs} for rows: {_obeying(context, rule)}."


def _obeying(context: Context[Any], rule: Any) -> str:
    creating = context.creating
    name = _named(rule) if rule else creating.function
    return f"write `aws.obeys({context.name.upper()}, {creating.name}, {name})` into its checks"


def _named(rule: Any) -> str:
    return getattr(rule, "__name__", type(rule).__name__)


def functions_have_code(where: Repository) -> Iterator[str]:
    """Every function that is deployed has code: its handler's dotted name leads to a function."""
    for node in where.graph.of("lambda/function"):
        module, _, name = str(node.inputs["handler"]).rpartition(".")
        if not _is_there(where, module, name):
            path = f"src/{module.replace('.', '/')}.py"
            yield f"The function {node.name} has no code: write {path} with a `{name}`."


def code_is_deployed(where: Repository) -> Iterator[str]:
    """Every entry point is deployed: each module of handlers/ is some function's."""
    deployed = {str(node.inputs["handler"]) for node in where.graph.of("lambda/function")}
    for module in where.modules:
        if f"{where.context.name}.handlers.{module}.lambda_handler" not in deployed:
            yield (
                f"No function deploys src/{where.context.name}/handlers/{module}.py: "
                f"add {module!r} to FUNCTIONS in infra/service/functions.py, or remove the file."
            )


def settings_are_read(where: Repository) -> Iterator[str]:
    """A setting has an effect: each one of a stack's file is read by its program."""
    for name, graph in where.graphs.items():
        program, stack = name.split()
        for key, like in graph.unread.items():
            instead = f"write {like}, or remove it" if like else "remove it"
            yield f"Nothing reads {key} of infra/{program}/Pulumi.{stack}.yaml: {instead}."


def refusals_are_declared(where: Repository) -> Iterator[str]:
    """Callers learn every refusal: each error of the context's own rules is among its errors."""
    package = where.context.name
    for path in where.project.sources.glob("[!_]*.py"):
        importlib.import_module(f"{package}.{path.stem}")
    for error in _kinds_of(BusinessError):
        if error.__module__.partition(".")[0] == package and error not in where.context.errors:
            file = f"src/{package}/context.py"
            yield f"{error.__name__} has no status, title and metric of its own: add it to errors in {file}."


def _kinds_of(error: type[BusinessError]) -> Iterator[type[BusinessError]]:
    """Yield the subclasses, also of subclasses, that have none: what others share is raised by nobody."""
    for kind in error.__subclasses__():
        if kind.__subclasses__():
            yield from _kinds_of(kind)
        else:
            yield kind


def _missing(where: Repository, command: Command[Any]) -> str:
    context, name = where.context, command.function
    made = f"lambda_handler = command_handler({context.name.upper()}, {command.name}, {name}, {context.plural})"
    return f"{command.name} has no entry point: write src/{context.name}/handlers/{name}.py with `{made}`."


def _is_there(where: Repository, module: str, name: str) -> bool:
    if not module.startswith(f"{where.context.name}."):  # the library's, which are imported with their context alone
        return importlib.util.find_spec(module) is not None
    try:
        return callable(getattr(importlib.import_module(module), name, None))
    except ModuleNotFoundError as error:
        if error.name is None or not module.startswith(error.name):
            raise
        return False


CHECKS: tuple[Check, ...] = (
    commands_have_an_entry_point,
    lists_obey_the_rule,
    functions_have_code,
    code_is_deployed,
    settings_are_read,
    refusals_are_declared,
)

"""Promises about code: declared commands have code, and all code is deployed."""

import importlib
import importlib.util
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from os import environ
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from bounded_context.application.calls import OneChange
from bounded_context.application.verification import OF_VALUES, CreatingRule, lacking_in_rows
from bounded_context.declaration.context import VARIABLE, Context
from bounded_context.declaration.entry_points import STEPS, entry_point
from bounded_context.declaration.own_routes import own_routes
from bounded_context.domain.aggregate import BusinessError, Command, SeveralChanges, Unavailable
from bounded_context.domain.faults import INVALID, Fault
from bounded_context.handlers._function import mark
from bounded_context.testing import InMemory, InMemoryAggregates, Samples
from bounded_context.testing.functions import VARIABLES, forget_adapters, own_values

from ..contracts.published import examples
from ..eject import parts
from ..programs.stack_settings import without_reader
from ._promise import Check, Repository, resolved


def commands_run_their_rule(where: Repository) -> Iterator[str]:
    """Every command runs its declared rule, also with an entry point of your own."""
    for command in where.context.commands:
        run = mark(where.handler(command.function), "use_case", command.rule)
        if run is not command.rule:
            yield (
                f"The entry point of {command.function} runs {_name_of(run)}, and the declaration names "
                f"{_name_of(command.rule)}: name one rule in both."
            )


def lists_obey_the_rule(where: Repository) -> Iterator[str]:
    """Lists obey the rules of commands: the verification runs the creating command's rule for each row."""
    context = where.context
    if context.verification is None:
        return
    if sentence := lacking_in_rows(context):
        yield f"commands: {sentence}"
        return
    verified = [verifying.use_case for verifying in verifying_rules(where.handler(context.verification))]
    if verified != [context.creating.rule]:
        runs = f"runs {', '.join(map(_name_of, verified))}" if verified else "runs no rule"
        obeying = f"write `aws.obeys({context.name.upper()})` into its checks"
        yield f"{context.verification} of src/{context.name}/{STEPS}.py {runs} for rows: {obeying}."


def _name_of(rule: Any) -> str:
    return getattr(rule, "__name__", type(rule).__name__)


_SAMPLES: Final = 3


def rules_accept_samples(where: Repository) -> Iterator[str]:
    """Samples obey the rules: the command that creates accepts the samples of tests, runs and pages."""
    context, rule, own = where.context, where.context.creating.rule, own_values(where.context)
    for number in range(1, _SAMPLES + 1):
        if refusal := _refusal_of_sample(context, number):
            place = where.place(own if own(number) else rule)
            remedy = "name a function with values that it accepts by `samples` in pyproject.toml"
            yield f"{place}: {rule.__name__} refuses the sample {number} ({refusal}): {remedy}."
            return


def _refusal_of_sample(context: Context[Any], number: int) -> str:
    """Return the code of the rule's refusal, or nothing: a rule may need what only a running function has."""
    try:
        command = context.creating.model.model_validate(Samples(context).values(number))
        context.creating.rule(command, InMemory(context).aggregates)
    except Unavailable:
        return ""
    except BusinessError as refusal:
        return refusal.code
    except ValidationError:
        return INVALID
    except KeyError:  # such as a variable that only a running function has
        return ""
    except OF_VALUES:
        return Fault.BROKEN
    except Exception:  # a rule of the team may raise any
        return ""
    return ""


def rules_make_one_change(where: Repository) -> Iterator[str]:
    """Every command makes one change: its rule saves one aggregate, once, with a new status or a new child."""
    for command in where.context.commands:
        if any(_makes_several(where.context, command, status) for status in command.after or ("",)):
            rule = command.rule
            remedy = "let it save one aggregate, once, with a new status or a new child"
            yield f"{where.place(rule)}: {rule.__name__} makes several changes ({SeveralChanges.code}): {remedy}."


def _makes_several(context: Context[Any], command: Command[Any, Any], status: str) -> bool:
    """Run a command's rule on examples, in whose world each identity has a sample in a status."""
    aggregates: Any = OneChange(context.transitions, _Sampled(context, status))
    try:
        values = Samples(context).values() if command.kind == "creates" else examples(command.model)
        command.rule(command.model.model_validate(values), aggregates)
    except SeveralChanges:
        return True
    except Exception:  # a rule of the team may raise any
        return False
    return False


class _Sampled(InMemoryAggregates[Any]):
    """Aggregates in memory, in which each identity has a sample in a status."""

    def __init__(self, context: Context[Any], status: str) -> None:
        super().__init__(context)
        self._sample = Samples(context).aggregate(1, **({"status": status} if status else {}))

    def get(self, identity: str) -> Any:
        """Return the sample under an identity."""
        details = self._sample.details
        return replace(self._sample, details=details.model_copy(update={details.identity: identity}))


def partners_can_check_lists(where: Repository) -> Iterator[str]:
    """Partners can check lists before the upload: the partner kit imports the declaration without the service."""
    from ..partner_kit.modules import KitError, modules_of, require_start

    try:
        if where.context.has_lists:
            require_start(where.project, modules_of(where.project))
    except KitError as error:
        yield str(error)


def functions_have_code(where: Repository) -> Iterator[str]:
    """Every deployed function has code: the dotted name of its handler resolves to a function."""
    for node in where.graph.of("lambda/function"):
        handler = str(node.inputs["handler"])
        if not _is_there(where, handler):
            module, _, name = handler.rpartition(".")
            missing = f"write src/{module.replace('.', '/')}.py with a `{name}`"
            ours = handler.startswith(f"{where.context.name}.")
            yield f"The function {node.name} has no code: {missing if ours else f'the library has no {handler}'}."


def code_is_deployed(where: Repository) -> Iterator[str]:
    """Every entry point is deployed: each module with a lambda_handler, and each step of list_steps.py."""
    context = where.context
    deployed = {str(node.inputs["handler"]) for node in where.graph.of("lambda/function")}
    steps = {f"{context.name}.{STEPS}.{step}": f"{step} of src/{context.name}/{STEPS}.py" for step in where.steps}
    modules = {f"{module}.lambda_handler": f"src/{module.replace('.', '/')}.py" for module in where.modules}
    for handler, code in {**steps, **modules}.items():
        if handler not in deployed:
            yield f"No function deploys {code}: name it in FUNCTIONS of infra/service/functions.py, or remove it."


def presets_have_the_variables(where: Repository) -> Iterator[str]:
    """Every function has the environment variables that its handler reads."""
    with _environment({**_NOWHERE, VARIABLE: str(where.project.settings["context"])}):
        for node in where.graph.of("lambda/function"):
            variables = node.inputs["environment"]["variables"].keys()
            for name in sorted(set(_read(str(node.inputs["handler"]), where)) - variables):
                function = node.name.replace("-", "_")
                place = _place(where.project.root, _FUNCTIONS, f'"{function}"')
                yield f"{place}: the preset of {function} lacks {name}, which the handler reads: add it to variables."


_FUNCTIONS: Final = "infra/service/functions.py"
_ENVIRON: Final = re.compile(r"\benviron\[[\"'](\w+)[\"']\](?!\s*=[^=])")


def _read(entry: str, where: Repository) -> Iterator[str]:
    """Yield the variables that an entry point requires: by its settings, or by name in its own module."""
    settings = mark(resolved(entry), "settings")
    fields = settings.model_fields if settings else {}
    yield from (name.upper() for name, field in fields.items() if field.is_required())
    module, _, name = entry.rpartition(".")
    if not entry.startswith(f"{where.context.name}."):
        yield VARIABLE
    elif name == "lambda_handler":
        source = where.project.sources.parent.joinpath(*module.split(".")).with_suffix(".py")
        names = _ENVIRON.findall(source.read_text(encoding="utf-8"))
        yield from (variable for variable in names if not variable.startswith(("AWS_", "LAMBDA_", "_")))


def _place(root: Path, file: str, text: str) -> str:
    """Return the line of a file with a text; the file alone if it has no such line."""
    lines = (root / file).read_text(encoding="utf-8").splitlines()
    return next((f"{file}:{number}" for number, line in enumerate(lines, 1) if text in line), file)


def settings_are_read(where: Repository) -> Iterator[str]:
    """Every setting has an effect: the program reads each setting of a stack's file."""
    for name, graph in where.graphs.items():
        program, stack = name.split()
        yield from (without_reader(where.project, program, stack, *pair) for pair in graph.unread.items())


def ejected_code_is_current(where: Repository) -> Iterator[str]:
    """Code that `context eject` wrote is current: its original in the library has not changed since."""
    ejected = where.project.settings.get("ejected", {})
    known = parts(where.project) if ejected else {}
    for name, digest in ejected.items():
        part = known.get(name)
        place = _place(where.project.root, "pyproject.toml", name)
        if part is None or part.own is None:
            where_missing = "the library" if part is None else "a file"
            yield f"{place}: the {name} is not in {where_missing} any more: remove the line."
        elif part.digest != digest:
            compare = f"compare by `uv run context eject {name} --diff`, then write `{part.line}`"
            yield f"{place}: the library's {name} has changed since it was ejected: {compare}."


def refusals_are_declared(where: Repository) -> Iterator[str]:
    """Callers can handle every rejection: each error of the context's own rules is among its declared errors."""
    package = where.context.name
    for path in where.project.sources.glob("[!_]*.py"):
        importlib.import_module(f"{package}.{path.stem}")
    of_routes = {error for own in own_routes(where.context).values() for error in own.errors}
    for error in _kinds_of(BusinessError):
        if error.__module__.partition(".")[0] == package and error not in {*where.context.own_errors, *of_routes}:
            file = f"src/{package}/context.py"
            yield f"{error.__name__} has no status, title and metric of its own: add it to errors in {file}."


def _kinds_of(error: type[BusinessError]) -> Iterator[type[BusinessError]]:
    """Yield all subclasses without subclasses. Only these are raised."""
    for kind in error.__subclasses__():
        if kind.__subclasses__():
            yield from _kinds_of(kind)
        else:
            yield kind


def _is_there(where: Repository, handler: str) -> bool:
    if handler.startswith(f"{where.context.name}."):
        return callable(resolved(handler))
    # Modules of the library need their context for an import.
    module, _, name = handler.rpartition(".")
    of_declaration = handler == entry_point(where.context, name)
    return importlib.util.find_spec(module) is not None and (of_declaration or name == "lambda_handler")


_NOWHERE: Final[Mapping[str, str | None]] = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_PROFILE": None,
}
"""Variables of an unreachable account. None removes the variable."""


def verifying_rules(verification: object) -> list[CreatingRule[Any, Any]]:
    """Return the rules that a verification's handler runs. Builds the parts of the smoke check, without a call."""
    with _environment({**VARIABLES, **_NOWHERE}):
        return [rule for build in mark(verification, "needs", ()) for rule in _rules(build())]


def _rules(built: object) -> list[CreatingRule[Any, Any]]:
    return [part for part in built if isinstance(part, CreatingRule)] if isinstance(built, list) else []


@contextmanager
def _environment(values: Mapping[str, str | None]) -> Iterator[None]:
    before = {name: environ.get(name) for name in values}
    _set(values)
    forget_adapters()
    try:
        yield
    finally:
        forget_adapters()
        _set(before)


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            environ.pop(name, None)
        else:
            environ[name] = value


CHECKS: tuple[Check, ...] = (
    commands_run_their_rule,
    lists_obey_the_rule,
    rules_accept_samples,
    rules_make_one_change,
    partners_can_check_lists,
    functions_have_code,
    code_is_deployed,
    presets_have_the_variables,
    settings_are_read,
    ejected_code_is_current,
    refusals_are_declared,
)

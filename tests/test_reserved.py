"""The record of reserved names is what Python, the packages, the library and a repository really have.

`WRITE_RESERVED=1 uv run pytest -n 0 tests/test_reserved.py` writes it.
"""

import ast
import json
import os
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import bounded_context.declaration.measures
from botocore.loaders import Loader
from bounded_context import Change, Details, EventData
from bounded_context.adapters.items import Items
from bounded_context.declaration.measures import Measure
from bounded_context.declaration.structure import LIST_STEPS, VERIFY_LIST
from bounded_context_infra.configuration import labels
from bounded_context_infra.configuration.config import SettingError, partition_of
from bounded_context_infra.configuration.project import list_workflow
from bounded_context_infra.wiring.functions import PLATFORM
from conftest import sources
from pydantic._internal._config import config_defaults

from template import reserved
from template.answers import model_typing_of, read_fields
from template.words import snake

RECORD = Path(reserved.__file__).with_name("reserved.json")
PAYMENT = import_module("payment.context").PAYMENT
COMMANDS = ("RegisterPayment", "VerifyPayment", "DeletePayment")
PUBLIC = ("", ".handlers", ".lists", ".testing")
"""Modules of the library that rules, entry points and their tests import names from."""


def trees(project: Path, below: str = "") -> Iterator[ast.Module]:
    """The Python files of a repository."""
    for name in sources(project):
        if name.endswith(".py") and name.startswith(below):
            yield ast.parse((project / name).read_text(encoding="utf-8"))


def names_in(tree: ast.AST) -> set[str]:
    """Every variable, parameter, function, class and imported name below a node."""
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name():
                names.add(node.id)
            case ast.arg():
                names.add(node.arg)
            case ast.FunctionDef() | ast.ClassDef():
                names.add(node.name)
            case ast.alias():
                names.add(node.asname or node.name)
            case _:
                pass
    return names


def scopes(tree: ast.Module) -> Iterator[set[str]]:
    """The names of the module itself, and of each function with what is inside of it."""
    inside = (ast.FunctionDef, ast.ClassDef)
    yield {node.name for node in tree.body if isinstance(node, inside)}.union(
        *(names_in(node) for node in tree.body if not isinstance(node, inside))
    )
    yield from (names_in(node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def modules() -> set[str]:
    """The modules of the packages in a repository's environment."""
    names = {
        module.lower()
        for module, owners in packages_distributions().items()
        if {owner.lower().replace("-", "_").replace(".", "_") for owner in owners} & reserved.DISTRIBUTIONS
    }
    return {name for name in names if name.isidentifier() and name[0] != "_"}


def python() -> set[str]:
    """The modules of this Python, and of those that wrote the record before: a repository's may be another."""
    return {name for name in (*sys.stdlib_module_names, *reserved.RECORD["python"]) if name[0] != "_"}


def folders(payment: Path) -> set[str]:
    """The folders of a repository that could be packages, with the folder that `context eject workflow` makes."""
    names = {name.partition("/")[0] for name in (*sources(payment), "workflow/") if "/" in name}
    return {name for name in names if name.isidentifier()}


def classes(payment: Path) -> set[str]:
    """The classes that a context, command or verification would be defined beside, or described beside."""
    names = set(json.loads((payment / "docs" / "api" / "openapi.json").read_text())["components"]["schemas"])
    for tree in (tree for folder in ("src/", "tests/") for tree in trees(payment, folder)):
        defined = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.alias)]
        names |= {node.asname or node.name if isinstance(node, ast.alias) else node.name for node in defined}
    for module in PUBLIC:
        names |= set(import_module(f"bounded_context{module}").__all__)
    [typing] = model_typing_of(read_fields("a:low|high:personal"))
    names |= names_in(ast.parse(typing))
    own = {form.format("Payment") for form in reserved.CLASSES_OF_CONTEXT}
    return {name for name in names if name[0].isupper() and not name.isupper()} - own - set(COMMANDS)


def variables(payment: Path) -> set[str]:
    """The variables and constants beside the context's own, in one module or function."""
    all_names = [names for tree in trees(payment) for names in scopes(tree)]
    variables = {name for names in all_names if names & {"payment", "payments"} for name in names if name.islower()}
    constants = {name.lower() for names in all_names if "PAYMENT" in names for name in names if name.isupper()}
    nouns = {name for name in variables | constants if name.isalpha() and len(name) > 1}
    return nouns - {"payment", "payments"} - reserved.WORDS


def functions(payment: Path) -> set[str]:
    """The names in a command's own modules, also of ejected steps, which its function would replace."""
    names = {*LIST_STEPS}
    for module in ("context", "list_steps", "use_cases"):
        names |= names_in(ast.parse((payment / "src" / "payment" / f"{module}.py").read_text(encoding="utf-8")))
    names |= names_in(ast.parse((payment / "tests" / "test_rules.py").read_text(encoding="utf-8")))
    own = {snake(name) for name in (*COMMANDS, "VerifySubscription")} | {
        form.format(noun)
        for forms, noun in (
            ((*reserved.QUERIES_OF_CONTEXT, *reserved.NAMES_OF_CONTEXT), "payment"),
            ((*reserved.QUERIES_OF_PLURAL, "{}"), "payments"),
        )
        for form in forms
    }
    functions = {name for name in names if name.islower() and name[0] != "_" and not name.startswith("test_")}
    return functions - own - reserved.WORDS


def fields(payment: Path) -> set[str]:
    """The attributes of models and of items, and the names beside a field.

    An attribute of the metaclass, such as `register`, would be the field's default.
    """
    models = (Details, Change, EventData)
    names = {name for model in models for name in (*dir(model), *dir(type(model)), *model.model_fields)}
    names |= Items(PAYMENT)._known - {*PAYMENT.details.model_fields}
    for node in (node for tree in trees(payment, "src/") for node in ast.walk(tree)):
        if isinstance(node, ast.AnnAssign):
            names |= names_in(node.annotation) | (names_in(node.value) if node.value else set())
    return {name for name in names if name.islower() and name[0] != "_"} - {"id"}


def states() -> set[str]:
    """The states of the workflow beside the verification, also those inside of maps."""
    text = list_workflow(PAYMENT)
    names: set[str] = set()

    def read(members: dict[str, Any]) -> dict[str, Any]:
        names.update(members.get("States", ()))
        return members

    json.loads(re.sub(r'(?<!")\$\{\w+\}', "0", text), object_hook=read)
    return names - {"VerifySubscription"}


def measures() -> set[str]:
    """The metrics of every context."""
    fixed = {
        measure.name for measure in vars(bounded_context.declaration.measures).values() if isinstance(measure, Measure)
    }
    return {*fixed, "CommandsRefused", "RowsRejected"}


def partitions() -> dict[str, list[str]]:
    """The regions of the partitions that the library supports."""

    def supported(region: str) -> bool:
        try:
            return bool(partition_of(region))
        except SettingError:
            return False

    known = {
        partition["id"]: sorted(partition["regions"]) for partition in Loader().load_data("partitions")["partitions"]
    }
    real = {name: [region for region in regions if "global" not in region] for name, regions in known.items()}
    return {name: regions for name, regions in real.items() if supported(regions[0])}


def test_the_record_equals_the_reserved_names(payment: Path) -> None:
    """A context, command, field or subscriber of such a name would hide, or be, something else."""
    record: dict[str, set[str] | dict[str, list[str]]] = {
        "classes": classes(payment),
        "deployed": {*LIST_STEPS, *PLATFORM, "on_event", VERIFY_LIST},
        "fields": fields(payment),
        "folders": folders(payment),
        "functions": functions(payment),
        "measures": measures(),
        "modules": modules(),
        "partitions": partitions(),
        "protected": set(map(str, config_defaults.get("protected_namespaces", ()))),
        "python": python(),
        "stacks": {*labels.STACKS},
        "states": states(),
        "variables": variables(payment),
    }
    sorted_record = {name: names if isinstance(names, dict) else sorted(names) for name, names in record.items()}
    if "WRITE_RESERVED" in os.environ:
        lines = (f'"{name}": {json.dumps(names)}' for name, names in sorted_record.items())
        RECORD.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    assert json.loads(RECORD.read_text(encoding="utf-8")) == sorted_record

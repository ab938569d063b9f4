"""The lists of names that answers may not take are what the repositories and the library really have."""

import ast
import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import bounded_context.declaration.measures
from bounded_context import Change, Details, EventData
from bounded_context.configuration import collisions
from bounded_context.declaration.measures import Measure
from bounded_context.declaration.structure import LIST_STEPS, VERIFY_LIST
from bounded_context.infra.wiring.presets import PLATFORM
from conftest import sources

from template import reserved
from template.library import SOURCES
from template.words import snake

COMMANDS = ("RegisterPayment", "VerifyPayment", "DeletePayment")
HOOKS = ("pre_traffic", "post_traffic")
PUBLIC = ("", ".handlers", ".lists", ".testing")
"""Modules of the library that rules, entry points and their tests import names from."""


def trees(project: Path, below: str = "") -> Iterator[ast.Module]:
    """The Python files of a repository."""
    for name in sources(project):
        if name.endswith(".py") and name.startswith(below):
            yield ast.parse((project / name).read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    """Every import statement, wherever it stands."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))


def packages(tree: ast.Module) -> Iterator[str]:
    """The top-level packages that a module imports."""
    for node in imported(tree):
        modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
        yield from (module.partition(".")[0] for module in modules if not getattr(node, "level", 0))


def test_packages_that_are_imported_are_reserved(payment: Path) -> None:
    """By a repository or by the library: a context of that name would hide the package."""
    library = (ast.parse(path.read_text(encoding="utf-8")) for path in (SOURCES / "src").rglob("*.py"))
    names = {name for tree in (*trees(payment), *library) for name in packages(tree)}
    assert names - reserved.PACKAGES - {"payment"} == set()


def test_folders_are_reserved(payment: Path) -> None:
    """A context of that name would be two things at once."""
    names = {name.partition("/")[0] for name in sources(payment) if "/" in name}
    assert {name for name in names if name.isidentifier()} <= reserved.PACKAGES


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


def pascal(names: set[str]) -> set[str]:
    """Those that are written as classes are."""
    return {name for name in names if name[0].isupper() and not name.isupper()}


def test_classes_that_stand_beside_the_context_are_reserved(payment: Path) -> None:
    """A context, command or verification of that name would be defined twice, or described twice in the document."""
    names: set[str] = set()
    for tree in (tree for folder in ("src/", "tests/") for tree in trees(payment, folder)):
        names |= {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
        names |= {alias.asname or alias.name for node in imported(tree) for alias in node.names}
    for module in PUBLIC:
        names |= set(import_module(f"bounded_context{module}").__all__)
    names |= set(json.loads((payment / "docs" / "api" / "openapi.json").read_text())["components"]["schemas"])
    own = {form.format("Payment") for form in reserved.CLASSES_OF_CONTEXT}
    assert pascal(names) - own - set(COMMANDS) - reserved.CLASSES == set()


def test_variables_that_stand_beside_the_context_are_reserved(payment: Path) -> None:
    """A context of that name would be two variables, or two constants, in one module or function."""
    found = [names for tree in trees(payment) for names in scopes(tree)]
    variables = {name for names in found if names & {"payment", "payments"} for name in names if name.islower()}
    constants = {name.lower() for names in found if "PAYMENT" in names for name in names if name.isupper()}
    nouns = {name for name in variables | constants if name.isalpha() and len(name) > 1}
    assert nouns - {"payment", "payments"} - reserved.WORDS - reserved.VARIABLES == set()


def test_functions_are_reserved(payment: Path) -> None:
    """A command of that name would overwrite a function of every context, or what its own modules use."""
    package = payment / "src" / "payment"
    names = {*LIST_STEPS, *PLATFORM, "on_event", VERIFY_LIST}
    for module in (
        "context.py",
        "list_steps.py",
        "use_cases.py",
        "../../tests/test_rules.py",
        "../../tests/test_handlers.py",
    ):
        names |= names_in(ast.parse((package / module).read_text(encoding="utf-8")))
    expected = {snake(name) for name in (*COMMANDS, "VerifySubscription")}
    expected |= {form.format("payment") for form in reserved.FUNCTIONS_OF_CONTEXT}
    expected |= {form.format("payments") for form in reserved.FUNCTIONS_OF_PLURAL}
    functions = {name for name in names if name.islower() and name[0] != "_" and not name.startswith("test_")}
    assert functions - expected - reserved.FUNCTIONS == set()


def test_attributes_of_models_are_reserved() -> None:
    """A field of that name would hide what every aggregate, command or event has."""
    models = (Details, Change, EventData)
    # An attribute of the metaclass, such as `register`, would be the field's default.
    names = {name for model in models for name in (*dir(model), *dir(type(model)), *model.model_fields)}
    fields = {name for name in names if name.islower() and name[0] != "_" and not name.startswith("model_")}
    assert fields - {"id"} - reserved.FIELDS - reserved.FIELDS_OF_PYDANTIC == set()


def test_metrics_are_reserved() -> None:
    """An event, or an amount, of that name would be counted together with something else."""
    fixed = {found.name for found in vars(bounded_context.declaration.measures).values() if isinstance(found, Measure)}
    assert {*fixed, "CommandsRefused", "RowsRejected"} == reserved.MEASURES


def test_the_words_that_the_library_refuses_in_contexts_are_reserved() -> None:
    """The bake refuses no more and no fewer."""
    assert {*collisions.STACKS} == reserved.STACKS

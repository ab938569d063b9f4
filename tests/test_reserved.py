"""The lists of names that answers may not take are what the generated code really has."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from template import reserved
from template.bake import files, ignored
from template.words import snake


def trees(project: Path, below: str = "") -> Iterator[ast.Module]:
    """The Python files of a project."""
    for name in files(project, ignored(project)):
        if name.endswith(".py") and name.startswith(below):
            yield ast.parse((project / name).read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    """Every import statement, wherever it stands."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))


def test_packages_that_are_imported_are_reserved(payment: Path) -> None:
    """A context of that name would hide the package."""
    names: set[str] = set()
    for tree in trees(payment):
        for node in imported(tree):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            names |= {module.partition(".")[0] for module in modules if not getattr(node, "level", 0)}
    assert names - reserved.PACKAGES - set(sys.stdlib_module_names) - {"payment"} == set()


def test_folders_are_reserved(payment: Path) -> None:
    """A context of that name would be two things at once."""
    names = {name.partition("/")[0] for name in files(payment, ignored(payment)) if "/" in name}
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


def test_classes_that_stand_beside_the_context_are_reserved(payment: Path) -> None:
    """A context, command or verification of that name would be defined twice."""
    names: set[str] = set()
    for tree in trees(payment, "src/"):
        names |= {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
        names |= {alias.asname or alias.name for node in imported(tree) for alias in node.names}
    classes = {name for name in names if name[0].isupper() and not name.isupper()}
    commands = {"RegisterPayment", "VerifyPayment", "DeletePayment"}
    own = {form.format("Payment") for form in reserved.CLASSES_OF_CONTEXT}
    assert classes - commands - own <= reserved.CLASSES


def test_variables_that_stand_beside_the_context_are_reserved(payment: Path) -> None:
    """A context of that name would be two variables in one function."""
    beside: set[str] = set()
    for tree in (tree for folder in ("src/", "tests/") for tree in trees(payment, folder)):
        beside = beside.union(*(names for names in scopes(tree) if names & {"payment", "payments"}))
    nouns = {name for name in beside if name.isalpha() and name.islower() and len(name) > 1}
    assert nouns - reserved.WORDS - {"payment", "payments"} <= reserved.VARIABLES


def test_functions_are_reserved(payment: Path) -> None:
    """A command of that name would overwrite a step of the list's import, or what its own module uses."""
    folder = payment / "src" / "payment"
    names = {path.stem for path in (folder / "handlers").glob("[a-z]*.py")}
    prototyped = (f"handlers/{name}.py" for name in ("register_payment", "verify_payment", "delete_payment"))
    for module in (*prototyped, "application/use_cases.py"):
        names |= names_in(ast.parse((folder / module).read_text(encoding="utf-8")))
    commands = {snake(name) for name in ("RegisterPayment", "VerifyPayment", "DeletePayment", "VerifySubscription")}
    commands |= {form.format("payment") for form in reserved.FUNCTIONS_OF_CONTEXT}
    functions = {name for name in names if name.islower() and name[0] != "_" and "payments" not in name}
    assert functions - commands <= reserved.FUNCTIONS

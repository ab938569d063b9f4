"""The library's layers, as its own configuration of import-linter says them."""

import subprocess
import sys
import tomllib
from pathlib import Path

from bounded_context import infra

LIBRARY = Path(__file__).parents[1]
COMPONENTS = Path(str(infra.__file__)).parent / "components"


def test_the_contracts_between_the_layers_are_kept() -> None:
    """What each of them says stands in `pyproject.toml`."""
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    done = subprocess.run([sys.executable, "-c", code], cwd=LIBRARY, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_component_is_among_those_that_know_no_other() -> None:
    """A new one too."""
    settings = tomllib.loads((LIBRARY / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (named,) = [one["modules"] for one in settings["contracts"] if one["name"] == "No component knows another"]
    files = {path.stem for path in COMPONENTS.glob("[!_]*.py")}
    assert {name.rpartition(".")[2] for name in named} == files

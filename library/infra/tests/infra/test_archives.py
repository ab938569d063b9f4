"""What is deployed works with itself alone: the archives, unpacked, under an interpreter that has nothing else."""

import importlib.util
import json
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from bounded_context_cli import package
from bounded_context_cli.programs.recording import REGION, Graph, run
from bounded_context_infra.configuration.project import current

_BROUGHT_BY_LAMBDA = ("boto3", "botocore", "dateutil", "s3transfer", "six", "urllib3")

_IMPORT = """
import importlib, pkgutil, sys
packages, handlers = sys.argv[1].split(), sys.argv[2].split()
sys.path += sys.argv[3:]
for package in map(importlib.import_module, packages):
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
for module, name in (handler.rsplit(".", 1) for handler in handlers):
    assert callable(getattr(importlib.import_module(module), name)), f"{module}.{name} cannot be called"
"""


@pytest.fixture(scope="module")
def deployed() -> Graph:
    """A stack with all that there is."""
    return run("prod")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The folders from which a function imports: both archives, built for this interpreter, and what Lambda brings."""
    folder = tmp_path_factory.mktemp("archives")
    package.build(current().sources, folder, ("--python", sys.executable))
    for name in ("code", "layer"):
        with zipfile.ZipFile(folder / f"{name}.zip") as packed:
            packed.extractall(folder / name)
    return [folder / "code", folder / "layer" / "python", _brought_by_lambda(folder / "lambda")]


def _brought_by_lambda(folder: Path) -> Path:
    folder.mkdir()
    for name in _BROUGHT_BY_LAMBDA:
        spec = importlib.util.find_spec(name)
        assert spec and spec.origin
        origin = Path(spec.origin)
        origin = origin.parent if origin.stem == "__init__" else origin
        (folder / origin.name).symlink_to(origin)
    return folder


def _environment(graph: Graph) -> Mapping[str, str]:
    """The variables of all functions: no two functions have one in different senses."""
    variables = {"AWS_REGION": REGION}
    for function in graph.of("lambda/function"):
        variables |= function.inputs["environment"]["variables"]
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in variables.items()}


@pytest.mark.slow
def test_every_handler_is_imported_with_the_two_archives_alone(deployed: Graph, unpacked: list[Path]) -> None:
    """And so is every other module in them; no function needs what only a developer has."""
    packages = f"{current().package} bounded_context"
    handlers = " ".join(sorted({function.inputs["handler"] for function in deployed.of("lambda/function")}))
    bare = [sys.executable, "-I", "-S", "-c", _IMPORT, packages, handlers, *map(str, unpacked)]
    ran = subprocess.run(bare, env=_environment(deployed), capture_output=True, text=True, check=False)  # noqa: S603
    assert ran.returncode == 0, ran.stderr

"""The layer's requirements: pinned by hash, naming no host, and the versions that the tests ran with."""

import re
import tomllib
from importlib.metadata import version

import pytest

from infra.package import REQUIREMENTS, ROOT

TEXT = REQUIREMENTS.read_text()
ENTRY = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", re.MULTILINE)
PINS = {name: pinned for name, pinned, _ in ENTRY.findall(TEXT)}
RUNTIME = {"boto3"}
"""What the Lambda runtime brings."""


def test_every_requirement_is_pinned_by_hash() -> None:
    """There is no line that is not a comment or part of a pinned entry."""
    rest = ENTRY.sub("", TEXT)
    assert [line for line in rest.splitlines() if line and not line.startswith("#")] == []
    assert PINS


@pytest.mark.parametrize("word", ["http", "index-url ", "find-links", "trusted-host", "@"])
def test_no_host_is_named(word: str) -> None:
    """Each builder uses the index that it is configured for."""
    assert word not in re.sub(r"--no-emit-index-url", "", TEXT)


def _dependencies() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = dict(re.sub(r"\[.*\]", "", line).split("==") for line in project["dependencies"])
    return {name: pinned for name, pinned in wanted.items() if name not in RUNTIME}


def test_the_layer_holds_what_the_code_depends_on() -> None:
    """The same versions as the project's dependencies, without what Lambda brings."""
    wanted = _dependencies()
    assert {name: PINS.get(name) for name in wanted} == wanted


@pytest.mark.parametrize("name", _dependencies())
def test_tests_run_with_the_versions_that_deploy(name: str) -> None:
    """What was tested is what runs."""
    assert version(name) == PINS[name]

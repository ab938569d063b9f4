"""The layer's requirements and the emulator's: pinned by hash, no host, and the versions that the tests ran with."""

import re
from importlib.metadata import requires, version

import pytest

from bounded_context_cli.programs.environment import LAYER
from bounded_context_local.emulator import process

TEXT = LAYER.read_text()
ENTRY = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", re.MULTILINE)
PINS = {name: pinned for name, pinned, _ in ENTRY.findall(TEXT)}
EMULATOR = dict(re.findall(r"^([a-z0-9._-]+)==([^\s;]+)", process.PINS.read_text(), re.MULTILINE))


def test_every_requirement_is_pinned_by_hash() -> None:
    """There is no line that is not a comment or part of a pinned entry."""
    rest = ENTRY.sub("", TEXT)
    assert [line for line in rest.splitlines() if line and not line.startswith("#")] == []
    assert PINS


@pytest.mark.parametrize("word", ["http", "index-url ", "find-links", "trusted-host", "@"])
def test_no_host_is_named(word: str) -> None:
    """Each builder uses the index that it is configured for."""
    assert word not in re.sub(r"--no-emit-index-url", "", TEXT)


_REQUIRED = re.compile(r"""([\w.-]+)(?:\[.*\])?==([^\s;]+)(?:.*extra == ['"](\w+)['"])?""")


def _required(distribution: str, extra: str = "") -> dict[str, str]:
    """Return the versions that a distribution requires, in an extra or without one, by name."""
    lines = [_REQUIRED.match(line) for line in requires(distribution) or []]
    return {line[1]: line[2] for line in lines if line and (line[3] or "") == extra}


def test_the_layer_contains_the_dependencies_of_the_runtime() -> None:
    """The same versions as the library's requirements. AWS changes the SDK of a runtime at its own time."""
    wanted = _required("bounded-context")
    assert wanted.keys() > {"boto3", "pydantic", "pydynox"}
    assert {name: PINS.get(name) for name in wanted} == wanted


def test_the_layer_equals_the_pins_of_a_repository() -> None:
    """The closure that a repository's environment is pinned to says the same of each of them."""
    pinned = _required("bounded-context-cli", "pinned")
    assert {name: pinned.get(name) for name in PINS} == PINS


def test_packages_shared_with_the_emulator_have_one_version() -> None:
    """Else a first run would download two of each. The emulator pins nothing that functions on AWS run."""
    pinned = _required("bounded-context-cli", "pinned")
    assert EMULATOR.keys() & PINS.keys() >= {"botocore"}
    both = EMULATOR.keys() & pinned.keys() - PINS.keys()
    assert both > {"asyncssh", "cryptography"}
    assert {name: pinned[name] for name in both} == {name: EMULATOR[name] for name in both}


@pytest.mark.parametrize("name", PINS)
def test_tests_run_with_the_versions_that_deploy(name: str) -> None:
    """What was tested is what runs."""
    assert version(name) == PINS[name]

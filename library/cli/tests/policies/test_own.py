"""A platform team's own policy: one function in one file applies to every repository."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf.empty_pb2 import Empty

import bounded_context_cli
from bounded_context_cli.policies import own
from bounded_context_infra.configuration.project import current
from tests.console import PROGRAM

from .analyzer import analyzer

pytestmark = pytest.mark.e2e

NAME = "queues-keep-messages-long-enough"
OWN = own.__doc__ or ""
IMPORTS = """from collections.abc import Iterator

from ..programs import Graph
from .policy import Violation, policy
"""
TOLD = """
import json
from bounded_context_cli.command.application import run
from bounded_context_cli.promises import PROMISES, repository
[promise] = [one for one in PROMISES if one.name == "queues-keep-messages-long-enough"]
print(json.dumps([promise.sentence, promise.breaches(repository())]))
raise SystemExit(run(["policies", "--json"]))
"""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A copy of the library, whose file for the platform team has what its docstring shows, for a month."""
    folder = tmp_path / "library"
    there = Path(bounded_context_cli.__path__[0])
    shutil.copytree(there, folder / "bounded_context_cli", ignore=shutil.ignore_patterns("__pycache__"))
    _, _, example = OWN.partition("dashes::\n\n")
    code = "\n".join(line.removeprefix("    ") for line in example.partition("\nEach repository")[0].splitlines())
    written = f"{IMPORTS}\n\n{code}\n".replace("604_800", "2_592_000")
    (folder / "bounded_context_cli" / "policies" / "own.py").write_text(written, encoding="utf-8")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository like the default one, with a folder of its own for what is built."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("infra", "src", "pyproject.toml"):
        (folder / name).symlink_to(current().root / name)
    return folder


def _run(command: list[str], library: Path, project: Path) -> "subprocess.CompletedProcess[str]":
    path = os.pathsep.join(map(str, (library, project / "src", project)))
    variables = {**os.environ, "PYTHONPATH": path, "BOUNDED_CONTEXT_PROJECT": str(project)}
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)  # noqa: S603


def test_a_policy_of_the_platform_team_applies_everywhere(library: Path, project: Path) -> None:
    """In the promises, in the command, and in the pack."""
    listing = _run([sys.executable, "-c", TOLD], library, project)
    assert listing.returncode == 1, listing.stderr
    assert listing.stdout.count("\n") > 1, listing.stderr
    first, rest = listing.stdout.split("\n", 1)
    sentence, breaches = json.loads(first)
    assert f'"""{sentence}.\n' in OWN
    assert any(re.search(r"\binbound\b.*\bmessage_retention_seconds\b", breach) for breach in breaches)
    [last] = [policy for policy in json.loads(rest)["policies"] if policy["violations"]]
    assert last["name"] == NAME
    assert f"{last['reason']}\n" in OWN
    # The promises apply it to the pipeline, too.
    violated = [violation["sentence"] for violation in last["violations"]]
    assert violated
    assert [sentence for sentence in violated if not any(breach.endswith(sentence) for breach in breaches)] == []
    assert len(breaches) > len(violated)

    packaging = _run([PROGRAM, "policies", "--pack"], library, project)
    assert packaging.returncode == 0, packaging.stderr
    [home] = project.glob("build/policies-*")
    with analyzer(Path(packaging.stdout.strip()), home) as pack:
        assert [policy.name for policy in pack.GetAnalyzerInfo(Empty()).policies][-2] == NAME

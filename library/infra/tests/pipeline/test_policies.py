"""The pack of policies that a person pins: made before any file of the commit runs, from the pinned wheel alone."""

import hashlib
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from bounded_context_infra.configuration.pipeline_settings import Policies
from bounded_context_infra.configuration.project import current
from bounded_context_infra.pipeline.delivery import PipelineStep, command

from .program import LEAST, run
from .shell import LIBRARY, STEPS, commands

DISTRIBUTIONS = {"runtime": "bounded-context", "infra": "bounded-context-infra", "cli": "bounded-context-cli"}
PINNED = Policies(**{name: f"{pinned}==1.0.0 --hash=sha256:{'0' * 64}" for name, pinned in DISTRIBUTIONS.items()})


@pytest.mark.parametrize("step", STEPS.values(), ids=list(STEPS))
def test_a_step_that_calls_pulumi_makes_the_pack_before_any_file_of_the_commit_runs(step: PipelineStep) -> None:
    """After the verification of the files. Other steps make none, and no step without the setting."""
    usual = commands(yaml.safe_load(step.with_policies(None)))
    pinned = commands(yaml.safe_load(step.with_policies(PINNED)))
    verified = usual[: step.state is not None]
    pack = [command(PINNED)] if step.state else []
    assert pinned == [*verified, *pack, *usual[len(verified) :]]


def test_the_projects_have_the_pinned_library() -> None:
    """A person deploys it with the pipeline."""
    graph = run({**LEAST, "policies": vars(PINNED)})
    for project in graph.of("codebuild/project"):
        expected = project.name.endswith(("-preview", "-deploy"))
        assert all(wheel in project.inputs["source"]["buildspec"] for wheel in vars(PINNED).values()) == expected


@pytest.fixture(scope="module")
def artefact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An artefact with the library's wheels and a module that a commit names like the library's."""
    folder = tmp_path_factory.mktemp("artefact")
    build = ["uv", "build", "--wheel", "--offline", "--quiet", "--out-dir", str(folder / "vendor")]
    for name in DISTRIBUTIONS:
        subprocess.run([*build, str(LIBRARY / name)], check=True)  # noqa: S603
    (folder / "bounded_context.py").write_text("raise SystemExit('code of the commit')")
    (folder / "pyproject.toml").write_text((current().root / "pyproject.toml").read_text())
    return folder


def pack_of(artefact: Path, *, right: bool) -> subprocess.CompletedProcess[str]:
    """Run the command in the artefact, with right or wrong hashes, and print the folder of the pack."""
    wheels = {name: _wheel(artefact, distribution, right) for name, distribution in DISTRIBUTIONS.items()}
    text = command(Policies(**wheels)) + 'printf "%s" "$POLICY_PACK"'
    shell = ["/bin/sh", "-e", "-c", text]
    return subprocess.run(shell, cwd=artefact, env=dict(os.environ), capture_output=True, text=True, check=False)  # noqa: S603


def _wheel(artefact: Path, distribution: str, right: bool) -> str:
    [wheel] = (artefact / "vendor").glob(f"{distribution.replace('-', '_')}-[0-9]*.whl")
    sha256 = hashlib.sha256(wheel.read_bytes()).hexdigest() if right else "0" * 64
    return f"./vendor/{wheel.name} --hash=sha256:{sha256}"


@pytest.mark.nightly
@pytest.mark.e2e
def test_the_pack_is_outside_of_the_artefact_and_imports_the_pinned_library(artefact: Path) -> None:
    """Its environment contains the library. The pack reads the waivers of the artefact."""
    result = pack_of(artefact, right=True)
    assert result.returncode == 0, result.stdout + result.stderr
    pack = Path(result.stdout)
    home = Path(yaml.safe_load((pack / "PulumiPolicy.yaml").read_text())["runtime"]["options"]["virtualenv"])
    assert not pack.is_relative_to(artefact)
    assert home.parent == pack.parent
    check = [str(home / "bin" / "python"), "-c", "import bounded_context_cli.policies.pack as p; print(p.__file__)"]
    loaded = subprocess.run(check, cwd=pack, capture_output=True, text=True, check=True)  # noqa: S603
    assert Path(loaded.stdout.strip()).is_relative_to(home)
    assert repr(str(artefact)) in (pack / "__main__.py").read_text()


@pytest.mark.e2e
def test_a_wheel_that_the_commit_changed_is_refused(artefact: Path) -> None:
    """By the SHA-256 that a person set, before any of it runs."""
    result = pack_of(artefact, right=False)
    assert result.returncode == 1
    assert "Refused" in result.stdout

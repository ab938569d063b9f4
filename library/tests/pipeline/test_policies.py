"""The pack of policies that a person pins: made before any file of the commit runs, from the pinned wheel alone."""

import hashlib
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from bounded_context_infra.configuration.pipeline_settings import Policies
from bounded_context_infra.configuration.project import current
from bounded_context_infra.pipeline.policies import command
from bounded_context_infra.pipeline.steps import Step

from .program import LEAST, run
from .shell import LIBRARY, STEPS, commands

PINNED = Policies("bounded-context==1.0.0", "0" * 64)


@pytest.mark.parametrize("step", STEPS.values(), ids=list(STEPS))
def test_a_step_that_calls_pulumi_makes_the_pack_before_any_file_of_the_commit_runs(step: Step) -> None:
    """After the verification of the files. Other steps make none, and no step without the setting."""
    usual = commands(yaml.safe_load(step.with_policies(None)))
    pinned = commands(yaml.safe_load(step.with_policies(PINNED)))
    verified = usual[: step.state is not None]
    made = [command(PINNED)] if step.state else []
    assert pinned == [*verified, *made, *usual[len(verified) :]]


def test_the_projects_have_the_pinned_library() -> None:
    """A person deploys it with the pipeline."""
    graph = run({**LEAST, "policies": {"library": PINNED.library, "sha256": PINNED.sha256}})
    for project in graph.of("codebuild/project"):
        expected = project.name.endswith(("-preview", "-deploy"))
        assert (f"sha256:{PINNED.sha256}" in project.inputs["source"]["buildspec"]) == expected


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An artefact with the library's wheel and a module that a commit names like the library's."""
    folder = tmp_path_factory.mktemp("artefact")
    build = ["uv", "build", "--wheel", "--offline", "--quiet", "--out-dir", str(folder / "vendor"), str(LIBRARY)]
    subprocess.run(build, check=True)  # noqa: S603
    (folder / "bounded_context.py").write_text("raise SystemExit('code of the commit')")
    (folder / "pyproject.toml").write_text((current().root / "pyproject.toml").read_text())
    [made] = (folder / "vendor").glob("*.whl")
    return made


def made(wheel: Path, sha256: str) -> subprocess.CompletedProcess[str]:
    """Run the command in the artefact, and print the folder of the pack."""
    text = command(Policies(f"./vendor/{wheel.name}", sha256)) + 'printf "%s" "$POLICY_PACK"'
    shell, folder = ["/bin/sh", "-e", "-c", text], wheel.parents[1]
    return subprocess.run(shell, cwd=folder, env=dict(os.environ), capture_output=True, text=True, check=False)  # noqa: S603


@pytest.mark.nightly
@pytest.mark.e2e
def test_the_pack_is_outside_of_the_artefact_and_imports_the_pinned_library(wheel: Path) -> None:
    """Its environment contains the library. The pack reads the waivers of the artefact."""
    done = made(wheel, hashlib.sha256(wheel.read_bytes()).hexdigest())
    assert done.returncode == 0, done.stdout + done.stderr
    pack = Path(done.stdout)
    home = Path(yaml.safe_load((pack / "PulumiPolicy.yaml").read_text())["runtime"]["options"]["virtualenv"])
    assert not pack.is_relative_to(wheel.parents[1])
    assert home.parent == pack.parent
    check = [str(home / "bin" / "python"), "-c", "import bounded_context_cli.policies.pack as p; print(p.__file__)"]
    loaded = subprocess.run(check, cwd=pack, capture_output=True, text=True, check=True)  # noqa: S603
    assert Path(loaded.stdout.strip()).is_relative_to(home)
    assert repr(str(wheel.parents[1])) in (pack / "__main__.py").read_text()


@pytest.mark.e2e
def test_a_wheel_that_the_commit_changed_is_refused(wheel: Path) -> None:
    """By the SHA-256 that a person set, before any of it runs."""
    done = made(wheel, "0" * 64)
    assert done.returncode == 1
    assert "Refused" in done.stdout

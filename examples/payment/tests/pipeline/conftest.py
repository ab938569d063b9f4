from pathlib import Path

import pytest

from . import stand_in_pulumi
from .program import CLOUD, CODECOMMIT, LEAST, run
from .shell import stand_in
from infra.pipeline import deploy, preview, pulumi_cli
from tests.infra.graph import Graph


@pytest.fixture(scope="session")
def pipeline() -> Graph:
    """A pipeline from a code connection, with its state in S3."""
    return run(LEAST)


@pytest.fixture(scope="session")
def from_codecommit() -> Graph:
    """A pipeline from a CodeCommit repository."""
    return run(CODECOMMIT, source="codecommit")


@pytest.fixture(scope="session")
def in_pulumi_cloud() -> Graph:
    """A pipeline whose state is in Pulumi Cloud."""
    return run(CLOUD)


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the Pulumi stand-in's calls; what the steps write goes to a folder of the test."""
    stand_in(tmp_path / "bin", "pulumi", Path(stand_in_pulumi.__file__))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("STAND_IN_CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("STAND_IN_OUTPUTS", '{"functions": {}}')
    for module in (deploy, preview):
        monkeypatch.setattr(module, "PLAN", tmp_path / "plan.json")
    for module in (preview, pulumi_cli):
        monkeypatch.setattr(module, "PROGRAM", tmp_path)
    monkeypatch.setattr(deploy, "OUTPUTS", tmp_path / "outputs.json")
    monkeypatch.setattr(preview, "REPORTS", tmp_path / "reports")
    (tmp_path / "Pulumi.prod.yaml").write_text("config: {}\n")
    return tmp_path / "calls"

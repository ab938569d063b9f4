from pathlib import Path

import pytest

from bounded_context_cli.programs.recording import Graph
from bounded_context_cli.release.steps import pulumi_cli
from bounded_context_cli.release.steps.pulumi_cli import PulumiStack
from bounded_context_infra.configuration.project import Project, current

from . import stand_in_pulumi
from .program import CLOUD, CODECOMMIT, LEAST, run
from .shell import stand_in


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
def prod(tmp_path: Path) -> PulumiStack:
    """The stack of prod, in an empty repository of the same context in a folder of the test."""
    project = Project(tmp_path, current().settings)
    project.service.mkdir(parents=True)
    (project.service / "Pulumi.prod.yaml").write_text("config: {}\n")
    return PulumiStack("prod", project)


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the Pulumi stand-in's calls."""
    stand_in(tmp_path / "bin", "pulumi", Path(stand_in_pulumi.__file__))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("STAND_IN_CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("STAND_IN_OUTPUTS", '{"functions": {}}')
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "aws-config"))
    pulumi_cli.write_profile(tmp_path / "aws-config", "arn:aws:iam::333344445555:role/prod-deploy", "pipeline-prod")
    return tmp_path / "calls"

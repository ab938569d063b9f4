from pathlib import Path

import pytest

from bounded_context_infra.configuration.project import Project, current
from bounded_context_operations.release import plan
from bounded_context_operations.release.plan import PulumiStack
from tests.pipeline import stand_in_pulumi
from tests.pipeline.shell import stand_in


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
    plan.write_profile(tmp_path / "aws-config", "arn:aws:iam::333344445555:role/prod-deploy", "pipeline-prod")
    return tmp_path / "calls"

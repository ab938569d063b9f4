"""The CodeBuild projects in the form that AWS describes (moto asks even CodePipeline's for a source location)."""

import functools
from typing import Any

from botocore.model import StructureShape
from botocore.session import Session
from botocore.validate import ParamValidator

from bounded_context_cli.programs.recording import Graph, Node
from bounded_context_cli.programs.requests import to_parameters

_RENAMES = {"buildTimeout": "timeoutInMinutes", "queuedTimeout": "queuedTimeoutInMinutes"}
"""What Pulumi calls otherwise than CodeBuild."""

LONGEST = 2160
"""Minutes that CodeBuild lets a build run."""


def creation(project: Node) -> dict[str, Any]:
    """A project as CreateProject takes it."""
    inputs = dict(project.inputs)
    inputs["tags"] = [{"key": key, "value": value} for key, value in inputs["tags"].items()]
    return to_parameters(_shape(), inputs, _RENAMES)


@functools.cache
def _shape() -> StructureShape:
    shape = Session().get_service_model("codebuild").shape_for("CreateProjectInput")
    assert isinstance(shape, StructureShape)
    return shape


def test_every_project_has_the_form_that_aws_describes(pipeline: Graph, in_pulumi_cloud: Graph) -> None:
    """Botocore's own description of CreateProject: names, types, lengths."""
    for project in pipeline.of("codebuild/project") + in_pulumi_cloud.of("codebuild/project"):
        report = ParamValidator().validate(creation(project), _shape())
        assert not report.has_errors(), (project.name, report.generate_report())
        assert 5 <= creation(project)["timeoutInMinutes"] <= LONGEST

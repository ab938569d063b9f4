"""The permissions boundary of the pipeline's own roles, from the pipeline's program and settings."""

from collections.abc import Mapping
from typing import Any

from bounded_context_cli.programs.delivery import delivery
from bounded_context_cli.programs.pulumi_files import PIPELINE as STACK
from bounded_context_cli.programs.pulumi_files import stack_file
from bounded_context_cli.programs.recording import Graph
from bounded_context_infra.configuration.collisions import PIPELINE
from bounded_context_infra.configuration.config import SettingError
from bounded_context_infra.configuration.labels import Labels
from bounded_context_infra.configuration.project import Project, ProjectError

from .boundary import boundary
from .policies import of_pipeline


def pipeline_boundary(project: Project, settings: Mapping[str, Any], account: str) -> dict[str, Any]:
    """Return the boundary's policy document. Raises ProjectError for a missing or bad setting of the pipeline.

    Args:
        project: the repository.
        settings: the pipeline's settings.
        account: the account of the pipeline.
    """
    context, config = project.context, delivery().config(STACK)
    try:
        _require_key(settings)
        graph = _graph(config)
    except SettingError as error:
        raise ProjectError(error.at(stack_file(project.pipeline, STACK), delivery().project)) from error
    return boundary(of_pipeline(context, config["aws:region"], account), graph, Labels(context.name, PIPELINE, ""))


def _graph(config: Mapping[str, str]) -> Graph:
    return delivery().run_with(STACK, config)


def _require_key(settings: Mapping[str, Any]) -> None:
    """Raise SettingError for a key by its alias: the ARN of such a key is not known without a call of AWS."""
    for one in (settings, *settings.get("environments", ())):
        if str(one.get("secrets_provider", "")).startswith("awskms://alias/"):
            problem = "names a key by its alias: write the key's ARN, as `context bootstrap` prints it."
            raise SettingError("secrets_provider", problem)

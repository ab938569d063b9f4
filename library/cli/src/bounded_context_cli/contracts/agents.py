"""The instructions for coding agents, from the declaration: ``AGENTS.md``."""

from typing import Final

from bounded_context_infra.configuration.project import Project

from ..views.pages import agents

NAME: Final = agents.NAME


def page(project: Project) -> str:
    """Return the expected text of the file, with the team's own lines."""
    context, path = project.context, project.root / NAME
    existing = path.read_text(encoding="utf-8") if path.is_file() else ""
    return agents.page(existing, context.title, context.name, lists=context.has_lists, api=context.api)

"""`context mcp`: the repository's tools for a coding agent."""

from bounded_context_cli.command.installed import installed_packages, repository
from bounded_context_cli.command.output import fail
from bounded_context_infra.configuration.project import ProjectError


def mcp() -> int:
    """Offer docs, check, write, run and invoke to a coding agent, by the Model Context Protocol on standard input.

    An agent starts this command and ends it. No tool gets AWS credentials, and `run` deploys to the embedded AWS only.

    Examples:
      context mcp

    Exit status:
      0    the agent closed standard input; the run of this session is ended
      1    the repository or a package is missing
      130  Ctrl-C
    """
    try:
        root = repository().root
    except ProjectError as error:
        return fail(str(error))
    with installed_packages():  # The import takes a second, and the help does not need it.
        import anyio

        from .server import serve
    anyio.run(serve, root)
    return 0

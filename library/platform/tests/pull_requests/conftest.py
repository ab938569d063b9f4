"""The surroundings of a throw-away stack, and GitHub."""

from tests.sandbox.conftest import aws, cli, github, place, signals
from tests.steps.conftest import calls

__all__ = ["aws", "calls", "cli", "github", "place", "signals"]

"""The surroundings of a throw-away stack, and GitHub."""

from tests.pipeline.conftest import calls
from tests.sandbox.conftest import aws, cli, github, place, signals

__all__ = ["aws", "calls", "cli", "github", "place", "signals"]

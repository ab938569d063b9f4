"""The migration steps of each version: `template update` applies them before its merge.

A step edits files of a repository: renamed imports, moved settings, removed files. `template update` applies each step
to the old bake and to the team's files. A line that the team did not change is then equal in both, and merges cleanly.
"""

from .run import migrate, refused
from .step import Step, steps

__all__ = ["Step", "migrate", "refused", "steps"]

"""The titles of the help."""

from typing import Final

RUN: Final = "Run the context on this machine"
CHECK: Final = "Check a change"
DOCUMENTS: Final = "Write documents from the code"
RELEASE: Final = "Deploy and release"
OPERATE: Final = "Operate"
STEPS: Final = "Steps of pipelines and workflows"

TITLES: Final = (RUN, CHECK, DOCUMENTS, RELEASE, OPERATE, STEPS)
"""The titles in their order. Titles of other distributions follow."""

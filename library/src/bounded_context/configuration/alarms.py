"""Alarms: their severity, which of them a stack has, and the command that prints the runbook."""

from typing import Final, Literal

RUNBOOK: Final = "uv run context docs runbook"
"""The command that prints the library's runbook, or the section of it that an argument names."""

Severity = Literal["critical", "warning"]
"""`critical` pages a person at any hour; `warning` waits for office hours."""

Wanted = Literal["all", "critical", "none"]
"""The alarms that a stack has."""

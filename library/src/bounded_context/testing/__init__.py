"""The test kit of a context: samples, in-memory adapters, and AWS in the test process."""

from ..tools.programs.samples import KNOWN, Samples
from .in_memory import (
    InMemory,
    InMemoryAggregates,
    InMemoryFiles,
    InMemoryLists,
    InMemoryProjection,
    InMemoryReferences,
    InMemorySeenIds,
)
from .lists import Run, run_list

__all__ = [
    "KNOWN",
    "InMemory",
    "InMemoryAggregates",
    "InMemoryFiles",
    "InMemoryLists",
    "InMemoryProjection",
    "InMemoryReferences",
    "InMemorySeenIds",
    "Run",
    "Samples",
    "run_list",
]

"""What tests of a context are made of: samples, its adapters in memory, and AWS in the tests' own process."""

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
from .samples import KNOWN, Samples

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

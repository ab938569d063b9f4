"""An AWS that nobody answers for: enough for what is known without asking."""

from pathlib import Path
from typing import Any

import pytest

from bounded_context.declaration.context import Context
from bounded_context_infra.configuration.project import Project, current
from bounded_context_local.emulator.aws import Aws
from bounded_context_local.emulator.process import Emulator
from bounded_context_local.sample_lists import Samples


class RecordingAws(Aws):
    """Remembers the calls, and answers as little as a handler needs."""

    def __init__(self) -> None:
        super().__init__(Emulator(1, 2, "eu-west-1", Path()))
        self.calls: list[tuple[str, dict[str, object]]] = []

    def call(self, service: str, operation: str, **parameters: object) -> dict[str, object]:
        self.calls.append((f"{service}:{operation}", parameters))
        url = f"https://queue/{parameters.get('QueueName')}"
        return {"Account": "123456789012", "QueueUrl": url, "Version": "1"}


@pytest.fixture
def aws_of_nothing() -> RecordingAws:
    """Clients of an endpoint where nothing listens."""
    return RecordingAws()


@pytest.fixture(scope="session")
def project() -> Project:
    """The repository that these tests run over."""
    return current()


@pytest.fixture(scope="session")
def context(project: Project) -> Context[Any]:
    """The context that it declares."""
    return project.context


@pytest.fixture(scope="session")
def samples(context: Context[Any]) -> Samples:
    """Makes its lists."""
    return Samples(context)

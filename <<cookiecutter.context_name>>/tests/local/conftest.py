"""An AWS that nobody answers for: enough for what is known without asking."""

from pathlib import Path

import pytest

from local.aws import Aws
from local.emulator import Emulator


class RecordingAws(Aws):
    """Remembers the calls, and answers as little as a handler needs."""

    def __init__(self) -> None:
        super().__init__(Emulator(port=1, sftp_port=2, codedeploy_port=3, region="eu-west-1", folder=Path()))
        self.calls: list[tuple[str, dict[str, object]]] = []

    def call(self, service: str, operation: str, **parameters: object) -> dict[str, object]:
        self.calls.append((f"{service}:{operation}", parameters))
        return {"Account": "123456789012", "QueueUrl": f"https://queue/{parameters.get('QueueName')}"}


@pytest.fixture
def aws_of_nothing() -> RecordingAws:
    """Clients of an endpoint where nothing listens."""
    return RecordingAws()

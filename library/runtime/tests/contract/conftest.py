import json
from pathlib import Path
from typing import Any

import pytest

from tests.infra.graph import Graph, run

EVENTS = Path(__file__).parents[1] / "events"


def recorded(name: str) -> dict[str, Any]:
    """An event as AWS sends it."""
    return json.loads((EVENTS / f"{name}.json").read_text())


@pytest.fixture(scope="session")
def upload() -> dict[str, Any]:
    """Transfer's event for a finished upload."""
    return recorded("transfer_upload_completed")


@pytest.fixture(scope="session")
def deployed(upload: dict[str, Any]) -> Graph:
    """The stack whose server and partner the recorded event names."""
    partners = {upload["detail"]["username"]: {"public_keys": []}}
    return run("staging", sftp="shared", sftp_server_id=upload["detail"]["server-id"], partners=partners)

"""Pulumi's own engine prints an invalid setting with its file and line."""

from pathlib import Path

import pytest

from .conftest import STACK, empty

pytestmark = pytest.mark.e2e


def test_a_preview_reports_an_invalid_setting_with_its_file_and_line(tmp_path: Path) -> None:
    """Without a traceback. Pulumi repeats the message below its list of resources."""
    engine = empty(tmp_path)
    engine.do("stack", "init")
    file = engine.folder / "infra" / "service" / f"Pulumi.{STACK}.yaml"
    file.write_text(file.read_text().replace("alarms: all", "alarms: loud"))
    [line] = [number for number, text in enumerate(file.read_text().splitlines(), 1) if "alarms: loud" in text]
    refused = engine.run("preview")
    printed = refused.stdout + refused.stderr
    assert refused.returncode != 0
    assert f"error: infra/service/Pulumi.{STACK}.yaml:{line}: alarms is 'loud'" in printed, printed
    assert "Traceback" not in printed

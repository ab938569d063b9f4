"""The line at which the debugger starts."""

import json
from pathlib import Path
from traceback import extract_tb

import pytest

from bounded_context_local.reproduction.execution import own_part


def test_the_debugger_starts_at_the_innermost_line_of_the_repository():
    """The frames of libraries after this line are left out."""
    with pytest.raises(ValueError, match="Expecting") as caught:
        json.loads("{")
    frames = extract_tb(own_part(caught.tb, Path(__file__).parent))
    assert [Path(frame.filename) for frame in frames] == [Path(__file__)]
    assert own_part(caught.tb, Path("elsewhere")) is None

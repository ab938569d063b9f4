"""How the end-to-end tests are spread over workers: what is costly to start is started once."""

import pytest
from conftest import LONG, OF_THEIR_OWN, Together

from template.names import REPOSITORY


def scope(nodeid: str) -> str:
    """What a test is given to a worker with."""
    return Together.__new__(Together)._split_scope(nodeid)


def test_files_that_share_the_running_context_go_to_one_worker() -> None:
    """Whatever stands in their parameters; a file that starts a context of its own goes by itself, and so do others."""
    commands, fuzz, own = (f"library/local/tests/e2e/test_{name}.py" for name in ("commands", "api_fuzz", "command"))
    assert scope(f"{commands}::test_one") == scope(f"{fuzz}::test_two[a::b]") == "library/local/tests/e2e/"
    assert [scope(f"{file}::test_one") for file in (own, "tests/test_pair.py")] == [own, "tests/test_pair.py"]


@pytest.mark.parametrize("start", [*LONG, *OF_THEIR_OWN])
def test_every_named_file_exists(start: str) -> None:
    """A file that was renamed would share what it must not, or come last."""
    assert [*REPOSITORY.glob(f"{start}*")]

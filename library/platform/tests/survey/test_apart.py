"""Each folder is read in a process of its own, and a failure affects no other folder."""

import os
import re
import sys
import tempfile
from pathlib import Path

from bounded_context_platform.survey import Result, each

FOLDERS = [Path(name) for name in ("one", "other", "third", "fourth", "fifth")]


def test_answers_have_the_order_of_the_folders() -> None:
    """However many processes there are at once, and one for each."""
    answers = each(FOLDERS, lambda folder: {"folder": str(folder), "process": os.getpid()})
    assert [answer["folder"] for answer in answers] == [str(folder) for folder in FOLDERS]
    assert len({answer["process"] for answer in answers} | {os.getpid()}) == len(FOLDERS) + 1


def test_imports_and_settings_of_one_process_are_invisible_to_others() -> None:
    """Modules of two repositories may have the same name."""
    seen = each(FOLDERS, lambda _: {"before": sys.modules.setdefault("of_one", sys) is not sys})
    assert not any(answer["before"] for answer in seen)
    assert "of_one" not in sys.modules


def test_files_of_one_process_are_invisible_to_others() -> None:
    """Nor does the command itself."""
    before = {str(Path.home()), tempfile.gettempdir()}
    folders = [{answer["home"], answer["temporary"]} for answer in each(FOLDERS, lambda _: _own_folders())]
    assert len(set.union(before, *folders)) == len(before) + sum(map(len, folders))
    assert not [folder for folder in set.union(*folders) if Path(folder).exists()]


def _own_folders() -> Result:
    return {"home": str(Path.home()), "temporary": tempfile.gettempdir()}


def test_a_process_that_ends_is_an_error_with_its_status_and_the_others_are_read() -> None:
    """Also without output, as after a fault in a compiled package."""

    def end(folder: Path) -> Result:
        if folder.name == "other":
            os._exit(7)
        return {"folder": folder.name}

    first, other, *more = each(FOLDERS, end)
    assert first == {"folder": "one"}
    assert other.keys() == {"error"}
    assert re.search(r"\bstatus 7$", other["error"])
    assert len(more) == len(FOLDERS) - 2

"""The README's picture, for any accepted answers: a bake writes what the library draws of its program."""

import subprocess
import sys
from pathlib import Path

import pytest

from template.bake import bake
from template.library import INDEX
from template.processes import environment

NOTHING = {"sftp": "none", "api": "none", "subscribers": "none", "verification": "none"}
OUT_OF_ORDER = {
    "context_name": "VATReturn",
    "subscribers": "ledger-2 ledger-x ledger2 audit",
    "commands": "PayVATReturn2:changes:VATReturnPaid2 FileVATReturn:creates:VATReturnFiled "
    "PayVATReturn:changes:VATReturnPaid Topic:changes:VATReturnTopical Release:changes:VATReturnReleased "
    "Uploads:changes:VATReturnUploaded Verification:changes:VATReturnVerified DropVATReturn:deletes:VATReturnDropped",
}


@pytest.mark.slow
@pytest.mark.parametrize("answers", [NOTHING, OUT_OF_ORDER], ids=["with nothing", "out of order"])
def test_the_baked_picture_equals_the_drawn_one(answers: dict[str, str], tmp_path: Path) -> None:
    """So that drawing it anew changes nothing."""
    project = bake(tmp_path, {**answers, "library": INDEX})
    variables = {**environment(), "PYTHONPATH": str(project / "src")}
    command = [sys.executable, "-m", "bounded_context_cli.command", "picture", "--readme"]
    result = subprocess.run(command, cwd=project, env=variables, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")

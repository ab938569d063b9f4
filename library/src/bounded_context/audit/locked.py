"""What uv says of the packages that a repository's lock names."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

from ..project import ProjectError

Document = dict[str, Any]

_FORM: Final = ("--format", "cyclonedx1.5", "--preview-features", "sbom-export")


class CannotTell(ProjectError):
    """What there is cannot be found out, for instance without a network; the message is one sentence."""


def bill(root: Path, *options: str) -> Document:
    """Return the packages of the lock in ``root`` as a CycloneDX document, for `uv export` with these options.

    Raises:
        CannotTell: there is no uv, or no lock that it can read.
    """
    done = uv(root, "export", "--frozen", "--quiet", *_FORM, *options)
    if done.returncode:
        raise CannotTell(f"uv cannot export the lock: {reason(done)}")
    return json.loads(done.stdout)


def uv(root: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run uv in a folder: that which runs us, or that on the PATH. Raises CannotTell."""
    found = os.environ.get("UV") or shutil.which("uv")
    if found is None:
        raise CannotTell("uv is not on the PATH: install it (for instance by `pipx install uv`).")
    return subprocess.run([found, *arguments], cwd=root, capture_output=True, text=True, check=False)  # noqa: S603


def reason(done: "subprocess.CompletedProcess[str]") -> str:
    """Return why uv failed: its error, and the last of its causes."""
    lines = (line.strip().partition(": ") for line in done.stderr.splitlines())
    said = [text.strip() for head, _, text in lines if head in ("error", "cause")]
    return ", ".join(dict.fromkeys([*said[:1], *said[-1:]])) or f"it ended with {done.returncode}"

"""Runs of uv for the packages in a repository's lock."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

from ...configuration.project import ProjectError

Document = dict[str, Any]

_FORM: Final = ("--format", "cyclonedx1.5", "--preview-features", "sbom-export")


class CannotTell(ProjectError):
    """The error for an unknown result, for example without a network; the message is one sentence."""


def bill(root: Path, *options: str) -> Document:
    """Return the packages of the lock in ``root`` as a CycloneDX document, from `uv export` with these options.

    Raises:
        CannotTell: uv is not installed, or cannot read the lock.
    """
    done = uv(root, "export", "--frozen", "--quiet", *_FORM, *options)
    if done.returncode:
        raise CannotTell(f"uv cannot export the lock: {reason(done)}")
    return json.loads(done.stdout)


def uv(root: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run uv in a folder: the uv that started this process, or else the uv on the PATH. Raises CannotTell."""
    found = os.environ.get("UV") or shutil.which("uv")
    if found is None:
        raise CannotTell("uv is not on the PATH: install it (for instance by `pipx install uv`).")
    return subprocess.run([found, *arguments], cwd=root, capture_output=True, text=True, check=False)  # noqa: S603


def reason(done: "subprocess.CompletedProcess[str]") -> str:
    """Return the reason of uv's failure: its error, and the last of its causes."""
    lines = (line.strip().partition(": ") for line in done.stderr.splitlines())
    causes = [text.strip() for head, _, text in lines if head in ("error", "cause")]
    return ", ".join(dict.fromkeys([*causes[:1], *causes[-1:]])) or f"it ended with {done.returncode}"

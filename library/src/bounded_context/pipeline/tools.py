"""Installs the Pulumi CLI: `python -m bounded_context.pipeline.tools <folder on the PATH>`.

Its version is that of the `pulumi` package in pyproject.toml. The archive comes from get.pulumi.com and must have the
SHA-256 that Pulumi's release of that version on GitHub states: two places that would both have to be forged. No hash is
pinned in this repository, and the plugin for AWS that Pulumi then fetches by itself is not checked.
"""

import hashlib
import io
import platform
import shutil
import subprocess
import sys
import tarfile
import urllib.request
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

_ARCHIVE = "https://get.pulumi.com/releases/sdk/{name}"
_CHECKSUMS = "https://github.com/pulumi/pulumi/releases/download/v{version}/pulumi-{version}-checksums.txt"
_ARCHITECTURES = {"x86_64": "x64", "aarch64": "arm64", "arm64": "arm64"}

Fetch = Callable[[str], bytes]


class ToolError(RuntimeError):
    """The tool cannot be trusted or is not there; the message says what to do."""


def installed() -> str | None:
    """The version of the Pulumi CLI on the PATH, or None."""
    path = shutil.which("pulumi")
    if path is None:
        return None
    told = subprocess.run([path, "version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    return told.strip().removeprefix("v")


def install(wanted: str, folder: Path, fetch: Fetch) -> None:
    """Install version `wanted` into `folder`. Raises ToolError unless the archive has the stated SHA-256."""
    name = f"pulumi-v{wanted}-linux-{_ARCHITECTURES[platform.machine()]}.tar.gz"
    archive = fetch(_ARCHIVE.format(name=name))
    stated = _stated(fetch(_CHECKSUMS.format(version=wanted)).decode(), name)
    if hashlib.sha256(archive).hexdigest() != stated:
        raise ToolError(f"{name} does not have the SHA-256 that Pulumi states for it: do not use it, and tell Pulumi.")
    _unpack(archive, folder)


def _stated(checksums: str, name: str) -> str:
    for line in checksums.splitlines():
        digest, _, file = line.partition("  ")
        if file == name:
            return digest
    raise ToolError(f"Pulumi states no SHA-256 for {name}: pin a version of pulumi that is released for this machine.")


def _unpack(archive: bytes, folder: Path) -> None:
    """Put the archive's programs, which lie in one folder of it, into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        for member in packed.getmembers():
            content = packed.extractfile(member) if member.isfile() else None
            if content is not None:
                program = folder / Path(member.name).name
                program.write_bytes(content.read())
                program.chmod(0o755)


def _download(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 (the addresses above, all https)
        return answer.read()


def main() -> None:
    """Install the CLI unless it already exists."""
    wanted = version("pulumi")
    if installed() != wanted:
        try:
            install(wanted, Path(sys.argv[1]), _download)
        except (ToolError, OSError) as error:
            sys.exit(f"The Pulumi CLI cannot be installed: {error}")
    sys.stdout.write(f"pulumi {wanted}\n")


if __name__ == "__main__":
    main()

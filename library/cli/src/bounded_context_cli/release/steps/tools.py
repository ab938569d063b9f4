"""The Pulumi CLI of the pipeline, and its AWS plugin.

The versions are the versions of the `pulumi` and `pulumi-aws` packages in the lock. The archive comes from
get.pulumi.com. Its SHA-256 must match the checksum of Pulumi's release on GitHub, so a forgery would have to succeed in
both places. This repository pins no hash. The CLI downloads the plugin without a check. No later command of a step
downloads a plugin (`PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION`; Pulumi's SDK, go/common/env, "env.go").
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
    """The tool is missing or not trustworthy. The message names the remedy."""


def installed() -> str | None:
    """Return the version of the Pulumi CLI on the PATH, or None."""
    path = shutil.which("pulumi")
    if path is None:
        return None
    printed = subprocess.run([path, "version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    return printed.strip().removeprefix("v")


def install(wanted: str, folder: Path, fetch: Fetch) -> None:
    """Install version `wanted` into `folder`. Raises ToolError if the archive's SHA-256 is not the published one."""
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
    """Extract the archive's programs, without their folder, into `folder`."""
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


def require(folder: Path) -> None:
    """Install the CLI into a folder of the PATH, unless it is there, and the AWS plugin. Raises ToolError, OSError."""
    wanted = version("pulumi")
    if installed() != wanted:
        install(wanted, folder, _download)
    sys.stdout.write(f"pulumi {wanted}\n")
    plugin = ["pulumi", "plugin", "install", "resource", "aws", version("pulumi-aws"), "--exact"]
    done = subprocess.run(plugin, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise ToolError(f"`{' '.join(plugin)}` failed: {' '.join(done.stderr.split())}")

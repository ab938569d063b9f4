"""The start of a partner kit: unpacks it into a temporary folder, and runs the check there. Standard library only."""

import platform
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

NO_BUILD = 3
RUN = (
    "import sys; from pathlib import Path; folder = sys.argv.pop(1); sys.path.insert(0, folder); "
    "from bounded_context_cli.partner_kit.check import main; sys.exit(main(Path(folder)))"
)


def native(system: str, machine: str) -> str:
    """Return the archive with the compiled modules for a system and a machine, as Python's `platform` names them."""
    known = {"AMD64": "x86_64", "ARM64": "arm64", "aarch64": "arm64"}
    return f"native/{system}-{known.get(machine, machine)}.tar.xz"


def unpack(kit: zipfile.ZipFile, folder: Path) -> bool:
    """Unpack the code, and pydantic's compiled module for this Python. Return whether the kit has that module."""
    archive = native(platform.system(), platform.machine())
    if archive not in kit.namelist():
        return False
    name = f"_pydantic_core{EXTENSION_SUFFIXES[0]}"
    with kit.open(archive) as file, tarfile.open(fileobj=file, mode="r|xz") as members:
        compiled_file = next((members.extractfile(member) for member in members if member.name == name), None)
        compiled = compiled_file.read() if compiled_file else b""
    if not compiled:
        return False
    for entry in kit.namelist():
        if entry.startswith("code/"):
            kit.extract(entry, folder)
    (folder / "code" / "pydantic_core" / name).write_bytes(compiled)
    return True


def main() -> int:
    """Run the kit, and return its exit status."""
    # On Windows, a process cannot delete a compiled module that it has loaded: a second process loads the module.
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(sys.argv[0]) as kit:
            if not unpack(kit, Path(folder)):
                name = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
                sys.stderr.write(f"This kit has no build for {name}: use the HTML page, or another Python.\n")
                return NO_BUILD
        command = [sys.executable, "-I", "-S", "-B", "-c", RUN, str(Path(folder, "code")), *sys.argv[1:]]
        return subprocess.run(command, check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())

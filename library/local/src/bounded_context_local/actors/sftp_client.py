"""The partner's SFTP client, with a key pair for each run."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import asyncssh

from bounded_context_cli.command.errors import LocalRunError

T = TypeVar("T")
INCOMING = "/incoming"
REPORTS = "/reports"


@dataclass(frozen=True)
class Login:
    """The name and the private key of an SFTP user."""

    name: str
    key: asyncssh.SSHKey

    @classmethod
    def with_new_key(cls, name: str) -> "Login":
        """Return a login with a new key pair."""
        return cls(name, asyncssh.generate_private_key("ssh-ed25519", comment=name))

    @property
    def public_key(self) -> str:
        """The public key on one line, in the form that Transfer accepts."""
        return self.key.export_public_key().decode().strip()

    def save_key(self, folder: Path) -> Path:
        """Write the private key into the folder, with the mode 0600 that `ssh` requires, and return its path."""
        path = folder / f"{self.name}.key"
        path.touch(mode=0o600)
        path.write_bytes(self.key.export_private_key())
        return path


@dataclass(frozen=True)
class SftpEndpoint:
    """The address of the SFTP server, and a partner's calls to it."""

    host: str
    port: int

    def write(self, login: Login, path: str, content: bytes) -> None:
        """Upload a file."""
        self._run(login, lambda client: _write(client, path, content))

    def read(self, login: Login, path: str) -> bytes:
        """Download a file."""
        return self._run(login, lambda client: _read(client, path))

    def rename(self, login: Login, path: str, new_path: str) -> None:
        """Rename a file, as clients do after an upload under a temporary name."""
        self._run(login, lambda client: client.rename(path, new_path))

    def _run(self, login: Login, action: Callable[[asyncssh.SFTPClient], Awaitable[T]]) -> T:
        async def session() -> T:
            # The host key is new with each emulator, so it cannot be verified. The user's agent and config are ignored.
            async with (
                asyncssh.connect(
                    self.host,
                    self.port,
                    username=login.name,
                    client_keys=[login.key],
                    known_hosts=None,
                    agent_path=None,
                    config=None,
                ) as connection,
                connection.start_sftp_client() as client,
            ):
                return await action(client)

        # asyncssh requires a name of the local user; a user id of a container has none.
        os.environ["LOGNAME"] = os.environ.get("LOGNAME") or login.name
        try:
            return asyncio.run(session())
        except (OSError, asyncssh.Error) as error:
            raise LocalRunError(f"SFTP as {login.name} on {self.host}:{self.port} failed: {error}") from error


async def _write(client: asyncssh.SFTPClient, path: str, content: bytes) -> None:
    async with client.open(path, "wb") as file:
        await file.write(content)


async def _read(client: asyncssh.SFTPClient, path: str) -> bytes:
    async with client.open(path, "rb") as file:
        return await file.read()

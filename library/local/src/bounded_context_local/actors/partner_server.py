"""The own SFTP server of a partner, to which a connector sends files. A test may plant a full disk."""

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import asyncssh

from ..emulator.process import HOST
from .partner import Login

USER: Final = "sender"
"""The user whom the partner's server accepts."""

READY_SECONDS: Final = 10


class PartnerServer:
    """A server in a thread, with a folder of its own. While ``full`` is true, each write fails."""

    def __init__(self, folder: Path, directory: str) -> None:
        self.login = Login.with_new_key(USER)
        self.host_key = asyncssh.generate_private_key("ecdsa-sha2-nistp256")
        self.folder = folder / directory.strip("/")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.directory, self.full, self.port = directory, False, 0
        self._root = folder

    @property
    def setting(self) -> Mapping[str, Any]:
        """The address and the host key of the server, as a partner in the settings of a stack."""
        key = self.host_key.export_public_key().decode().strip()
        return {"deliver": f"sftp://{HOST}:{self.port}{self.directory}", "host_keys": [key]}

    @property
    def secret(self) -> str:
        """The user and the private key, in the form of a connector's secret."""
        return json.dumps({"Username": USER, "PrivateKey": self.login.key.export_private_key().decode()})

    def files(self) -> Mapping[str, bytes]:
        """Return the content of each received file by its name."""
        return {path.name: path.read_bytes() for path in sorted(self.folder.iterdir()) if path.is_file()}

    async def listen(self) -> asyncssh.SSHAcceptor:
        """Listen at a free port."""
        keys = asyncssh.import_authorized_keys(self.login.public_key)
        acceptor = await asyncssh.listen(
            HOST,
            0,
            server_host_keys=[self.host_key],
            authorized_client_keys=keys,
            sftp_factory=lambda channel: _Files(channel, self),
        )
        self.port = acceptor.get_port()
        return acceptor

    @property
    def root(self) -> bytes:
        """The folder that the user sees as `/`."""
        return str(self._root).encode()


class _Files(asyncssh.SFTPServer):
    def __init__(self, channel: Any, server: PartnerServer) -> None:
        super().__init__(channel, chroot=server.root)
        self._server = server

    def write(self, file_obj: object, offset: int, data: bytes) -> Any:
        if self._server.full:
            raise asyncssh.SFTPFailure("No space left on device")
        return super().write(file_obj, offset, data)


@contextmanager
def serving_partner(directory: str) -> Iterator[PartnerServer]:
    """Serve until the block ends; yield the server, which accepts its user only."""
    with TemporaryDirectory() as folder:
        server, loop, ready = PartnerServer(Path(folder), directory), asyncio.new_event_loop(), threading.Event()

        async def serve() -> None:
            async with await server.listen():
                ready.set()
                await ended.wait()

        ended = asyncio.Event()
        thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), name="partner", daemon=True)
        thread.start()
        ready.wait(READY_SECONDS)
        try:
            yield server
        finally:
            loop.call_soon_threadsafe(ended.set)
            thread.join()
            loop.close()

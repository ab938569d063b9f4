"""The embedded AWS as a process: started on free ports with settings of its own, used as it is, never patched."""

import contextlib
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .errors import LocalRunError

HOST = "127.0.0.1"
KEEPER = Path(__file__).with_name("keeper.py")
READY_SECONDS = 30.0
STOP_SECONDS = 15.0
LOG_LINES = 20
CALLS_AT_ONCE = 12
"""Functions' calls, each a process of this machine: more are turned away, as AWS does beyond 1,000."""
WAIT_SCALE = 0.05
"""How long a state machine's second takes: what was turned away together must not come again at once and together."""

NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Emulator:
    """A running emulator: where it listens and who its root is.

    CodeDeploy, which it lacks, is ours at its own port, and so is what functions take for DynamoDB, for its INSERTs.
    Functions send traces to `trace_address`, if there is one. `joined` says that another run has started it.
    """

    port: int
    sftp_port: int
    codedeploy_port: int
    dynamodb_port: int
    region: str
    folder: Path
    trace_address: str = ""
    joined: bool = False
    access_key: str = field(default_factory=lambda: f"AKIA{secrets.token_hex(8).upper()}")
    secret_key: str = field(default_factory=lambda: secrets.token_urlsafe(30), repr=False)

    @property
    def endpoint(self) -> str:
        """The URL of every service's API but CodeDeploy's."""
        return f"http://{HOST}:{self.port}"

    @property
    def codedeploy_endpoint(self) -> str:
        """The URL of CodeDeploy's API, for functions and for any AWS tool."""
        return f"http://{HOST}:{self.codedeploy_port}"

    @property
    def dynamodb_endpoint(self) -> str:
        """The URL of DynamoDB's API for functions; other tools need no INSERT and ask the emulator."""
        return f"http://{HOST}:{self.dynamodb_port}"

    @property
    def log(self) -> Path:
        """The emulator's own log; it goes with the emulator."""
        return self.folder / "emulator.log"

    def environment(self) -> dict[str, str]:
        """Return all the emulator's process sees: functions inherit it, so it is bare."""
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "PYTHONNOUSERSITE": "1",
            "GATEWAY_PORT": str(self.port),
            "SFTP_PORT": str(self.sftp_port),
            "BIND_HOST": HOST,
            "SFTP_HOST": HOST,
            "MINISTACK_HOST": HOST,
            "MINISTACK_REGION": self.region,
            "IOT_MTLS_ENABLED": "0",
            "SFN_WAIT_SCALE": str(WAIT_SCALE),
            "AUTH": "true",
            "LAMBDA_ACCOUNT_CONCURRENCY": str(CALLS_AT_ONCE),
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_ENDPOINT_URL_CODEDEPLOY": self.codedeploy_endpoint,
            "AWS_ENDPOINT_URL_DYNAMODB": self.dynamodb_endpoint,
            **({"AWS_XRAY_DAEMON_ADDRESS": self.trace_address} if self.trace_address else {}),
        }

    def client_environment(self) -> dict[str, str]:
        """Return the variables that point any AWS tool at this emulator, as its root."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ENDPOINT_URL_CODEDEPLOY": self.codedeploy_endpoint,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
        }

    def log_tail(self) -> str:
        """Return the last lines of the emulator's log."""
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-LOG_LINES:])
        return "(no log)"


@contextmanager
def running_emulator(
    python: Path, region: str, trace_address: str = "", meanwhile: Callable[[], None] = lambda: None
) -> Iterator[Emulator]:
    """Start an emulator, yield it ready, and stop it with all it started, whatever happens in between.

    Args:
        python: the interpreter of the emulator's environment.
        region: of its resources.
        trace_address: where an X-Ray daemon listens, such as "127.0.0.1:2000".
        meanwhile: done here while the emulator's own process starts.

    Raises:
        LocalRunError: it could not be made or was not ready in time; the message ends with its log's last lines.
    """
    folder = Path(tempfile.mkdtemp(prefix="local-aws-"))
    port, sftp_port, codedeploy_port, dynamodb_port = _free_ports(4)
    emulator = Emulator(port, sftp_port, codedeploy_port, dynamodb_port, region, folder, trace_address)
    keeper = _start(emulator, python)
    try:
        meanwhile()
        _wait_until_ready(emulator, keeper)
        yield emulator
    finally:
        _stop(keeper, folder)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(closing(socket.socket())) for _ in range(count)]
        for one in sockets:
            one.bind((HOST, 0))
        return [one.getsockname()[1] for one in sockets]


def _start(emulator: Emulator, python: Path) -> "subprocess.Popen[bytes]":
    """Start it under a keeper in a session of its own: Ctrl-C reaches us alone, and we decide the order of things."""
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-I", str(KEEPER), str(emulator.folder), str(python), "-m", "ministack"],
        env=emulator.environment(),
        stdin=subprocess.PIPE,
        start_new_session=True,
    )


def _wait_until_ready(emulator: Emulator, keeper: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not is_ready(emulator):
        if keeper.poll() is not None or time.monotonic() > deadline:
            raise LocalRunError(f"The emulator was not ready in {READY_SECONDS:.0f} s:\n{emulator.log_tail()}")
        time.sleep(0.05)


def is_ready(emulator: Emulator) -> bool:
    """Whether it answers."""
    try:
        with NO_PROXY.open(f"{emulator.endpoint}/_ministack/ready", timeout=1):
            return True
    except OSError:  # not listening yet, or listening and answering 503
        return False


def _stop(keeper: "subprocess.Popen[bytes]", folder: Path) -> None:
    """Close the keeper's input, which is its sign to stop; end it if it does not listen."""
    if keeper.stdin:
        keeper.stdin.close()
    try:
        keeper.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        keeper.kill()
        keeper.wait()
    shutil.rmtree(folder, ignore_errors=True)

"""The pack without an engine: its process, and what it answers."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
from pulumi.runtime.proto import analyzer_pb2_grpc


@contextmanager
def analyzer(folder: Path, home: Path) -> Iterator[analyzer_pb2_grpc.AnalyzerStub]:
    """The pack, as Pulumi's host of Python programs starts it; the first line that it prints is its port."""
    command = [str(home / "bin" / "python"), "-u", str(folder), "127.0.0.1:1", "."]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:  # noqa: S603
        try:
            assert running.stdout
            with grpc.insecure_channel(f"127.0.0.1:{running.stdout.readline().strip()}") as channel:
                yield analyzer_pb2_grpc.AnalyzerStub(channel)
        finally:
            running.terminate()

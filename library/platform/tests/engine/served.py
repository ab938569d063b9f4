"""How what Pulumi's engine starts talks to it: over gRPC, on a free port of 127.0.0.1."""

import gc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import grpc


def serve(add: Callable[[grpc.Server], None]) -> None:
    """Serve what `add` adds until the engine ends this process; the first line says where."""
    # The process ends with the run, and pulumi-aws alone is a million objects to look at each time.
    gc.disable()
    server = grpc.server(ThreadPoolExecutor(8))
    add(server)
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)  # noqa: T201 (Pulumi's protocol)
    server.start()
    with suppress(KeyboardInterrupt):
        server.wait_for_termination()

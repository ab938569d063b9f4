"""Measure the CPU time of a command and of a query, compared with a plain Powertools handler; and the layer's packages.

"plain" is a first, simple implementation: Powertools' resolver, logger, metrics and idempotency, a pydantic model, and
boto3's table. Both implementations run in one process, in turn. Moto runs in another process as AWS.

For each package of the layer that `context run` built, the benchmark prints the size, the CPU time of its import by a
command's handler, and whether a function imports it at its start.

    uv run python benchmarks/handlers.py [--calls 2000] [--json]
"""

import argparse
import json
import logging
import multiprocessing
import os
import subprocess
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import quantiles
from typing import Any

from _context import CONTEXT, SOURCES

LAYER = CONTEXT / "build" / "local" / "layer"
_NO_PACKAGES = {"bin", "__pycache__"}
VARIABLES = {
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "CONTEXT": "payment.context:PAYMENT",
    "TABLE_NAME": "table",
    "POWERTOOLS_METRICS_NAMESPACE": "benchmark",
    "POWERTOOLS_SERVICE_NAME": "payment",
    "POWERTOOLS_TRACE_DISABLED": "true",
}
_IMPORT = """
import os, resource, sys
sys.path[:0] = sys.argv[1:3]
import bounded_context.handlers.entry_points as points
points.register_payment
"""
_EVERY = """
import sys
sys.path[:0] = sys.argv[1:3]
from importlib import import_module
from bounded_context.declaration.entry_points import entry_point
from payment.context import PAYMENT
for function in PAYMENT.functions:
    module, _, name = entry_point(PAYMENT, function).rpartition(".")
    getattr(import_module(module), name)
print(*{name.partition(".")[0] for name in sys.modules})
"""


def _serve(parent: Connection) -> None:
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").disabled = True
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    port = server.get_host_and_port()[1]
    os.environ |= VARIABLES | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
    from bounded_context_local.testing.plugin import made_table
    from payment.context import PAYMENT

    made_table(PAYMENT)
    parent.send(port)
    parent.recv()


@contextmanager
def moto() -> Iterator[None]:
    """Run moto in another process, with an empty table."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(there,), daemon=True)
    process.start()
    try:
        os.environ |= VARIABLES | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{here.recv()}"}
        yield
    finally:
        process.terminate()
        process.join()


def ours() -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return a handler that calls the library's functions for both routes."""
    from bounded_context.testing.functions import LambdaContext, handler_of
    from payment.context import PAYMENT

    create, get = (handler_of(PAYMENT, name) for name in ("register_payment", "get_payment"))
    return lambda event: (create if "body" in event else get)(event, LambdaContext())


def plain() -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return a first, simple implementation of both routes."""
    import boto3
    from aws_lambda_powertools import Logger, Metrics
    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
    from aws_lambda_powertools.utilities.idempotency import (
        DynamoDBPersistenceLayer,
        IdempotencyConfig,
        idempotent_function,
    )
    from boto3.dynamodb.conditions import Attr
    from bounded_context.testing.functions import LambdaContext
    from payment.model import PaymentDetails

    table, app, logger, metrics = (
        boto3.resource("dynamodb").Table("table"),
        APIGatewayHttpResolver(),
        Logger(),
        Metrics(),
    )
    kept = DynamoDBPersistenceLayer(table_name="table", key_attr="pk")
    config = IdempotencyConfig(event_key_jmespath="key")

    @idempotent_function(data_keyword_argument="request", persistence_store=kept, config=config)
    def store(request: dict[str, Any]) -> dict[str, Any]:
        item = PaymentDetails.model_validate(request["body"]).model_dump(mode="json") | {"version": 1, "status": "NEW"}
        table.put_item(Item=item | {"pk": f"PLAIN#{item['payment_id']}"}, ConditionExpression=Attr("pk").not_exists())
        return item

    @app.post("/payments")
    def register() -> tuple[dict[str, Any], int]:
        event = app.current_event
        return store(request={"key": event.headers["idempotency-key"], "body": event.json_body}), 201

    @app.get("/payments/<identity>")
    def get(identity: str) -> dict[str, Any]:
        return table.get_item(Key={"pk": f"PLAIN#{identity}"})["Item"]

    @logger.inject_lambda_context
    @metrics.log_metrics
    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        logger.info("called", route=event["rawPath"])
        metrics.add_metric(name="Calls", unit="Count", value=1)
        return app.resolve(event, context)

    return lambda event: handler(event, LambdaContext())


def request(method: str, path: str, body: object = None) -> dict[str, Any]:
    """Return a signed request, as API Gateway sends it (payload format 2.0)."""
    event: dict[str, Any] = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json", "idempotency-key": uuid.uuid4().hex},
        "requestContext": {
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "x"},
            "authorizer": {"iam": {"userArn": "arn:aws:iam::111122223333:user/ada"}},
            "requestId": "request-1",
            "stage": "$default",
        },
        "isBase64Encoded": False,
    }
    return event if body is None else event | {"body": json.dumps(body)}


def calls(count: int) -> dict[str, dict[str, list[float]]]:
    """Return the CPU milliseconds of each call, by operation and implementation."""
    from bounded_context.testing import Samples
    from payment.context import PAYMENT

    samples, durations = Samples(PAYMENT), defaultdict[str, dict[str, list[float]]](lambda: defaultdict(list))
    ways = {"ours": ours(), "plain": plain()}
    for number in range(1, count + 1):
        values = samples.values(number)
        path = f"/payments/{values['payment_id']}"
        for name, event, status in (
            ("command", request("POST", "/payments", values), 201),
            ("query", request("GET", path), 200),
        ):
            for way, handle in ways.items():
                started = time.process_time()
                answer = handle(event)
                durations[name][way].append(1000 * (time.process_time() - started))
                if answer["statusCode"] != status:
                    sys.exit(f"{way}: {answer}")
    return durations


def percentiles(times: list[float]) -> dict[str, float]:
    """Return the median and the 99th percentile without the first tenth of the calls, which fill caches."""
    cut = quantiles(times[len(times) // 10 :], n=100)
    return {"p50": cut[49], "p99": cut[98]}


def packages() -> dict[str, dict[str, Any]]:
    """Return the size, the import time for a command, and the use by any handler of each package in the layer."""
    folders = [path for path in LAYER.iterdir() if path.stem.isidentifier() and path.stem not in _NO_PACKAGES]
    spent, used = _import_times(), set(_python(_EVERY).stdout.split())
    sizes = {
        path: sum(file.stat().st_size for file in path.rglob("*")) if path.is_dir() else path.stat().st_size
        for path in folders
    }
    kibibytes = {path.name.partition(".")[0]: size // 1024 for path, size in sizes.items()}
    return {
        name: {"kib": size, "import_ms": round(spent.get(name, 0.0), 1), "imported": name in used}
        for name, size in sorted(kibibytes.items(), key=lambda entry: -entry[1])
    }


def _import_times() -> dict[str, float]:
    """Return the import milliseconds of each top-level package's own modules (`python -X importtime`)."""
    spent: dict[str, float] = defaultdict(float)
    for line in _python(_IMPORT, "-X", "importtime").stderr.splitlines():
        own, _, module = line.removeprefix("import time:").partition("|")
        if own.strip().isdigit():
            spent[module.rpartition("|")[2].strip().partition(".")[0]] += int(own) / 1000
    return spent


def _python(code: str, *options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, *options, "-c", code, str(LAYER), str(SOURCES)]
    environment = os.environ | VARIABLES | {"BOUNDED_CONTEXT": ""}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True)


def main() -> None:
    """Print the times of the calls and the packages of the layer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    # The handlers write their logs to standard output.
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), moto():
        latencies = {
            name: {way: percentiles(times) for way, times in ways.items()}
            for name, ways in calls(arguments.calls).items()
        }
    layer = packages() if LAYER.is_dir() else {}
    if arguments.json:
        print(json.dumps({"calls": latencies, "packages": layer}))
        return
    for name, ways in latencies.items():
        for cut in ("p50", "p99"):
            mine, other = (ways[way][cut] for way in ("ours", "plain"))
            print(f"{name:<8} {cut}  ours {mine:6.2f} ms  plain {other:6.2f} ms  ratio {mine / other:5.2f}")
    for name, package in layer.items():
        late = "" if package["imported"] else "not imported at the start"
        print(f"{name:<24} {package['kib']:>8,} KiB {package['import_ms']:>7} ms  {late}")


if __name__ == "__main__":
    main()

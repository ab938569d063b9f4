"""The baked context that the benchmarks measure: its paths, sample lists and a stub of AWS."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from _endpoint import endpoint

CONTEXT = Path(__file__).parents[1] / "examples" / "payment"
SOURCES = CONTEXT / "src"
sys.path.insert(0, str(SOURCES))
BUCKET = "inbox"
TABLE = "table"
KEY = "incoming/acme/list.csv"


def run_in_context() -> None:
    """Restart the benchmark in the baked context's environment, if Pulumi is not installed in this environment."""
    if find_spec("pulumi") is not None:
        return
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    command = ["uv", "run", "--quiet", "--project", str(CONTEXT), "python", *sys.argv]
    sys.exit(subprocess.run(command, env=environment, check=False).returncode)


def rows(count: int) -> bytes:
    """Return a partner's list of valid rows."""
    from bounded_context.testing import Samples
    from payment.context import PAYMENT

    samples = Samples(PAYMENT)
    return samples.file(samples.values(n + 1) for n in range(count))


@contextmanager
def stubbed(data: bytes, indexes: tuple[str, ...] = ()) -> Iterator[str]:
    """Point every AWS client at a stub and yield its URL.

    The stub's inbox contains ``data``, and its table has the indexes with the keys ``indexes``.
    """
    with endpoint(indexes) as url:
        os.environ.update(
            AWS_ENDPOINT_URL=url, AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_REGION="eu-west-1"
        )
        os.environ["AWS_DEFAULT_REGION"] = "eu-west-1"
        import boto3

        boto3.client("s3").put_object(Bucket=BUCKET, Key=KEY, Body=data)
        yield url

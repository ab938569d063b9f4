"""A pytest plugin for all of the library's tests: the repository that they run over, and how a machine is spared."""

import gc
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import httpsession, loaders, regions
from botocore.client import ClientCreator
from botocore.endpoint_provider import EndpointProvider
from hypothesis import HealthCheck, settings

from bounded_context_cli.programs.shared_cache import FOLDER
from bounded_context_infra.configuration.project import VARIABLE, current

_PAYMENT = Path(__file__).parents[2] / "examples" / "payment"

# Another baked repository is named by the variable; its package is found as if it were installed.
sys.path.insert(0, str(Path(os.environ.setdefault(VARIABLE, str(_PAYMENT))) / "src"))

# Powertools reads it when the handlers' modules are imported, before any fixture.
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "tests")
os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "tests")
# The platform's own functions read it when they are imported.
os.environ.setdefault("CONTEXT", str(current().settings["context"]))

_STORED_SECONDS = 7 * 24 * 3600
"""A recorded graph is deleted after a week: most are of sources that have changed."""

# A busy machine is no fault of the code: what is slow is measured elsewhere, and never by a test.
settings.register_profile("calm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("calm")

# jsonschema would compile the grammar of IRIs, a tenth of the collection's time: no schema here has their formats.
sys.modules["rfc3987_syntax"] = None  # pyrefly: ignore[unsupported-operation] (Python's mark of a missing module)

# Imports leave little garbage, and searching for it takes a sixth of the collection's time.
gc.disable()

# AWS's service models are megabytes of JSON: a process reads each once, not each session of boto3, and plain
# dictionaries keep their order in half of the memory.
vars(loaders)["OrderedDict"] = dict
botocore.session.create_loader = cache(botocore.session.create_loader)


def _once(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that computes each value once for all objects of its class."""
    values: dict[Any, Any] = {}

    def value(owner: Any, *args: Any) -> Any:
        if args not in values:
            values[args] = method(owner, *args)
        return values[args]

    return value


# A client takes milliseconds, and thousands are created: all share what depends on the service alone.
for _name in ("_create_client_class", "_load_service_model"):
    setattr(ClientCreator, _name, _once(getattr(ClientCreator, _name)))
httpsession.create_urllib3_context = cache(httpsession.create_urllib3_context)
_provider = _once(lambda make, _: make())
vars(regions)["EndpointProvider"] = lambda ruleset_data, **named: _provider(
    partial(EndpointProvider, ruleset_data, **named), id(ruleset_data)
)


def collect_garbage() -> None:
    """Let the collector leave alone what was imported: pulumi-aws alone is a million objects to look at each time."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(100_000, 10, 10)


def pytest_collection_finish() -> None:
    """Begin after the imports."""
    collect_garbage()


@pytest.fixture(scope="module", autouse=True)
def _freed() -> Iterator[None]:
    """The library's caches live as long as a command. Those of a module's contexts and graphs end with the module.

    Garbage is collected after the memory has grown, and not by the number of objects.
    """
    before = _memory()
    yield
    modules = [module for name, module in sys.modules.items() if name.startswith("bounded_context")]
    for function in (value for module in modules for value in vars(module).values()):
        if isinstance(function, _Cached):
            function.cache_clear()
    if _memory() > before:
        gc.collect()
        gc.freeze()


_Cached = type(cache(_once))


def _memory() -> int:
    """Return the most memory that this process has had, in steps of 16 MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 14


@pytest.fixture(scope="session", autouse=True)
def _stored(request: pytest.FixtureRequest) -> Iterator[None]:
    """Recorded graphs are stored for all workers and later runs, under the digest of their inputs."""
    folder = request.config.cache.mkdir("graphs")
    for file in folder.iterdir():
        # Another worker may delete the file first.
        with suppress(FileNotFoundError):
            if time.time() - file.stat().st_mtime > _STORED_SECONDS:
                file.unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER, str(folder))
        yield

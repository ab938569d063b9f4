"""Who is let in by the HTTP API, and who is not."""

import pytest

from bounded_context_local.actors.caller import ApiCaller, signature
from bounded_context_local.running.context import RunningContext, api_caller, api_owner

from .api import permitted, send, signing, unsigned
from .facts import ROUTES, with_api

pytestmark = [pytest.mark.e2e, with_api]

ORIGIN = "https://app.example.org"


@pytest.fixture(scope="module")
def strangers(deployed: RunningContext) -> dict[str, ApiCaller]:
    """Callers who may use nothing: unknown ones, a forger, and one who signs well and has no permission."""
    region = deployed.aws.region
    key = deployed.aws.call("iam", "create_user", UserName="forged")["User"]["UserName"]
    known = deployed.aws.call("iam", "create_access_key", UserName=key)["AccessKey"]["AccessKeyId"]
    return {
        "nobody": api_caller(deployed, unsigned),
        "an unknown key": api_caller(deployed, signature(region, "AKIAIOSFODNN7EXAMPLE", "secret")),
        "a wrong secret": api_caller(deployed, signature(region, known, "secret")),
        "no permission": api_caller(deployed, signing(deployed, [])),
    }


@pytest.mark.parametrize("function", ROUTES)
@pytest.mark.parametrize("who", ["nobody", "an unknown key", "a wrong secret", "no permission"])
def test_no_route_accepts_a_stranger(strangers: dict[str, ApiCaller], who: str, function: str) -> None:
    """Not one of them, and the function is not called."""
    refused = send(strangers[who], function, body={} if ROUTES[function].startswith("POST") else None)
    assert refused.status == 403, refused
    assert "x-correlation-id" not in refused.headers


@pytest.mark.parametrize("function", ROUTES)
def test_a_permission_is_for_one_route(deployed: RunningContext, function: str) -> None:
    """The documented statement lets a caller use that route, and none of the others."""
    caller_ = permitted(deployed, [function])
    method = ROUTES[function].split(" ")[0]
    for other in ROUTES:
        answer = send(caller_, other, body={} if ROUTES[other].startswith("POST") else None)
        # A path with any identity in it covers what lies below it.
        if other == function or _is_covered(ROUTES[other], ROUTES[function]):
            assert answer.status not in (401, 403), (method, other)
        else:
            assert answer.status == 403, (function, other)


def _is_covered(key: str, by: str) -> bool:
    (method, path), (by_method, by_path) = key.split(" "), by.split(" ")
    return method == by_method and by_path.endswith("}") and path.startswith(by_path.rpartition("{")[0])


def test_a_path_without_a_route_is_not_found_and_calls_no_function(deployed: RunningContext) -> None:
    """For the owner of the account too: there is no default route."""
    for method, path in (("GET", "/"), ("PATCH", ROUTES[next(iter(ROUTES))].split(" ")[1]), ("POST", "/nowhere")):
        answer = api_owner(deployed).send(method, path)
        assert answer.status == 404
        assert "x-correlation-id" not in answer.headers


def test_no_answer_is_for_a_page_of_another_origin(deployed: RunningContext) -> None:
    """CORS is off: a browser keeps the answer to itself, and is refused before it sends anything that matters."""
    answer = send(permitted(deployed), next(iter(ROUTES)), body={}, origin=ORIGIN)
    assert answer.status not in (401, 403)
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    preflight = api_caller(deployed, unsigned).send(
        "OPTIONS", "/", headers={"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    )
    assert not [name for name in preflight.headers if name.startswith("access-control-")]
    assert preflight.status >= 400

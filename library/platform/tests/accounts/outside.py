"""Principals outside the context's roles: another owner's account, services that act for it, and tokens of GitHub."""

from collections.abc import Iterator, Mapping
from typing import Final

from .documents import PROVIDER, REGION, REPOSITORY
from .evaluation import Caller
from .world import ADMINISTRATOR, Principal, World

FOREIGN: Final = "999999999999"
"""An account of another owner."""

OUTSIDE: Final = "outside"
"""The domain of principals that belong to no environment."""

_EVIL: Final = f"evil/{REPOSITORY.rpartition('/')[2]}"
_MAIN: Final = "refs/heads/main"
_BRANCH: Final = "refs/heads/main-2"

TOKENS: Final[Mapping[str, tuple[str, str, str]]] = {
    "token of a pull request": ("dev", f"{REPOSITORY}:pull_request", "refs/pull/1/merge"),
    "token of preview stacks": ("pr", f"{REPOSITORY}:environment:preview-stacks", "refs/pull/1/merge"),
    "token of the sweep of preview stacks": ("pr", f"{REPOSITORY}:environment:sweep-pr", _MAIN),
    "token of the sweep of sandboxes": ("sandbox", f"{REPOSITORY}:environment:sweep-sandbox", _MAIN),
    "token of main": (OUTSIDE, f"{REPOSITORY}:ref:{_MAIN}", _MAIN),
    "token of a branch": (OUTSIDE, f"{REPOSITORY}:ref:{_BRANCH}", _BRANCH),
    "token of a branch's sweep": (OUTSIDE, f"{REPOSITORY}:environment:sweep-pr", _BRANCH),
    "token of a tag": (OUTSIDE, f"{REPOSITORY}:ref:refs/tags/v1", "refs/tags/v1"),
    "token of an environment": (OUTSIDE, f"{REPOSITORY}:environment:production", _MAIN),
    "token of another repository": (OUTSIDE, f"{REPOSITORY}-2:pull_request", "refs/pull/1/merge"),
    "token of another organization": (OUTSIDE, f"{_EVIL}:pull_request", "refs/pull/1/merge"),
}
"""The domain, the subject and the ref of each kind of token (GitHub, "OpenID Connect reference")."""


def tokens(account: str) -> Iterator[Principal]:
    """Yield the tokens that an account's provider gets."""
    provider = _provider(account)
    for name, (domain, subject, ref) in TOKENS.items():
        claims = {"aud": "sts.amazonaws.com", "sub": f"repo:{subject}", "ref": ref}
        context = {f"{PROVIDER}:{claim}": value for claim, value in claims.items()}
        yield Principal(name, domain, Caller(f"{name} in {account}", account, federated=provider, context=context))


def _provider(account: str) -> str:
    return f"arn:aws:iam::{account}:oidc-provider/{PROVIDER}"


def stranger(provider: str, account: str) -> Iterator[Principal]:
    """Yield a person whom another provider than GitHub's authenticates."""
    if provider != _provider(account):
        yield Principal("token of another provider", OUTSIDE, Caller(provider, account, federated=provider))


def owner() -> Principal:
    """Return the administrator of another owner's account."""
    arn = f"arn:aws:iam::{FOREIGN}:role/intruder"
    context = {"aws:principalarn": arn, "aws:principalaccount": FOREIGN, "kms:calleraccount": FOREIGN}
    caller = Caller(arn, FOREIGN, (ADMINISTRATOR,), context={**context, "aws:securetransport": "true"})
    return Principal("foreign account", OUTSIDE, caller)


def acting_abroad(service: str, account: str, sources: tuple[str, ...]) -> Iterator[Principal]:
    """Yield a service that acts for another owner: for resources like those of the sources, and without a source.

    Args:
        service: the service's principal.
        account: the account of the resource that the service uses.
        sources: the patterns of ARNs for which the resource's policy admits the service.
    """
    for source in (f"arn:aws:{_named(service)}:{REGION}:{account}:a1b2", *sources):
        yield _service(service, "a foreign account", OUTSIDE, FOREIGN, _of(source, FOREIGN))
    yield Principal(f"{service} for a foreign account", OUTSIDE, Caller(service, FOREIGN, service=service))


def acting(world: World, service: str, account: str) -> Iterator[Principal]:
    """Yield a service that acts for each of its resources in an account."""
    for resource in world.by_service.get(_named(service), ()):
        if resource.target.account == account:
            yield _service(service, resource.domain, resource.domain, account, resource.arn)


def _named(service: str) -> str:
    """Return the service in the ARNs of a service's resources."""
    name = service.partition(".")[0]
    return "execute-api" if name == "apigateway" else name


def _of(source: str, account: str) -> str:
    """Return an ARN in an account that resembles a pattern. ARNs of buckets have no account."""
    parts = source.split(":", 5)
    if len(parts) == 6 and parts[4]:
        parts[4] = account
    return ":".join(parts).replace("*", "a1b2")


def _service(service: str, acts_for: str, domain: str, account: str, source: str) -> Principal:
    context = {"aws:sourceaccount": account, "aws:sourcearn": source, "aws:securetransport": "true"}
    caller = Caller(f"{service} for {source}", account, service=service, context=context)
    return Principal(f"{service} for {acts_for}", domain, caller)

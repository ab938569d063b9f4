"""The supported resource types, from `data/local_resources.toml`."""

import tomllib
from pathlib import Path
from typing import Any, Final

from ..emulator.aws import Aws
from . import adaptations
from .creation import Created, Request, Resource

_FILE: Final = Path(__file__).parents[3] / "data" / "local_resources.toml"


def _attributes(names: str, **others: str) -> dict[str, str]:
    """Return the attribute of SNS or SQS for each input: its name in upper camel case, or another name."""
    return {name: name[0].upper() + name[1:] for name in names.split()} | others


QUEUE_ATTRIBUTES: Final = _attributes(
    "contentBasedDeduplication delaySeconds fifoQueue kmsDataKeyReusePeriodSeconds kmsMasterKeyId policy "
    "redriveAllowPolicy redrivePolicy sqsManagedSseEnabled",
    maxMessageSize="MaximumMessageSize",
    messageRetentionSeconds="MessageRetentionPeriod",
    receiveWaitTimeSeconds="ReceiveMessageWaitTimeSeconds",
    visibilityTimeoutSeconds="VisibilityTimeout",
)
TOPIC_ATTRIBUTES: Final = _attributes(
    "contentBasedDeduplication deliveryPolicy displayName fifoTopic kmsMasterKeyId policy signatureVersion "
    "tracingConfig"
)
SUBSCRIPTION_ATTRIBUTES: Final = _attributes(
    "deliveryPolicy filterPolicy filterPolicyScope rawMessageDelivery redrivePolicy"
)
_ATTRIBUTES: Final = {"queue": QUEUE_ATTRIBUTES, "subscription": SUBSCRIPTION_ATTRIBUTES, "topic": TOPIC_ATTRIBUTES}


def _resource(entry: dict[str, Any]) -> Resource:
    """Return a type of the file, with the functions that `adapt` and `settle` name, and the places of `attributes`."""
    attributes = _ATTRIBUTES.get(entry.pop("attributes", ""), {})
    places = {**{key: f"Attributes.{name}" for key, name in attributes.items()}, **entry.pop("places", {})}
    adapt = [getattr(adaptations, name) for name in entry.pop("adapt", [])]
    settle = [getattr(adaptations, name) for name in entry.pop("settle", [])]
    return Resource.model_validate({**entry, "places": places, "adapt": adapt, "settle": settle})


RESOURCES: Final = {kind: _resource(entry) for kind, entry in tomllib.loads(_FILE.read_text("utf-8")).items()}
"""By the type without its package: `sqs/queue` is Pulumi's `aws:sqs/queue:Queue`."""


def type_of(kind: str) -> str:
    """Return the type without its package and class, such as `sqs/queue`."""
    return kind.split(":")[1]


def create(aws: Aws, request: Request) -> Created:
    """Create a resource of a supported type, and return its id and its outputs.

    Raises:
        Untranslatable: the operation has no parameter for an input.
    """
    return RESOURCES[type_of(request.kind)].create(aws, request)

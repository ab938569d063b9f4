"""What this context hears of others: the one place that joins the setting `consumes`, the queue and the function."""

import json
from collections.abc import Mapping

import pulumi
from pulumi_aws import ssm

from infra.alerts import Alerts
from infra.components.function import Function
from infra.components.inbound import Inbound, Source
from infra.components.release import Release
from infra.consumes import Consumed
from infra.labels import Labels, kebab
from infra.settings import Settings

ON_EVENT = "on_event"


def receive(labels: Labels, settings: Settings, key_arn: pulumi.Input[str], alerts: Alerts) -> Inbound:
    """Make the queue, and subscribe it to every topic of the setting `consumes`."""
    sources = [_source(context, consumed) for context, consumed in settings.consumes.items()]
    return Inbound("inbound", labels, key_arn, alerts, sources)


def variables(settings: Settings, inbound: Inbound) -> Mapping[str, pulumi.Input[str]]:
    """What the function is told."""
    heard = {
        context: {"thing": one.thing, "known": one.known, "gone": one.gone}
        for context, one in settings.consumes.items()
    }
    return {"CONSUMES": json.dumps(heard), "DEAD_LETTER_URL": inbound.dead_letter_url}


def deliver(inbound: Inbound, deployed: Mapping[str, Function], released: Mapping[str, Release]) -> None:
    """Hand what arrives to the function."""
    inbound.deliver_to(released[ON_EVENT].alias_arn, deployed[ON_EVENT].role)


def _source(context: str, consumed: Consumed) -> Source:
    return Source(kebab(context), _topic_arn(consumed), consumed.types, consumed.account_id)


def _topic_arn(consumed: Consumed) -> pulumi.Input[str]:
    if consumed.account_id is not None:
        return consumed.topic
    # Its owner publishes it. Not `value`, which Pulumi would hide: an ARN is no secret.
    return ssm.get_parameter_output(name=consumed.topic).apply(lambda found: found.insecure_value)

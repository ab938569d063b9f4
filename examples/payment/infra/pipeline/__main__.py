"""The Pulumi program of the delivery pipeline, from a commit to production. A person deploys it, not the pipeline."""

import pulumi
from bounded_context_infra.pipeline import Delivery

from payment.context import PAYMENT

delivery = Delivery(PAYMENT, source="codeconnections")

pulumi.export("pipeline", delivery.definition.name)
pulumi.export("alarm_topic_arn", delivery.failures.topic_arn)
pulumi.export("trust", delivery.trust)  # the roles that the environments' roles must trust

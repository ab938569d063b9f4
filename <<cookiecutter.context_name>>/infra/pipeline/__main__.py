"""Deploys the pipeline that delivers the context: from a commit to the last environment, by this stack's settings.

Who deploys it is a person, and never the pipeline itself.
"""

import pulumi
from bounded_context.pipeline import Delivery

from <<cookiecutter.__package>>.context import <<cookiecutter.__constant>>

delivery = Delivery(<<cookiecutter.__constant>>, source="<<cookiecutter.source>>")

pulumi.export("pipeline", delivery.definition.name)
pulumi.export("alarm_topic_arn", delivery.failures.topic_arn)
pulumi.export("trust", delivery.trust)  # the roles that each environment's role must trust

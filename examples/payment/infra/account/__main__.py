"""The Pulumi program of an account: what deployments need there. A person deploys it, before the pipeline."""

import pulumi
from bounded_context_infra.deployer import Deployments

from payment.context import PAYMENT

deployments = Deployments(PAYMENT)

pulumi.export("roles", deployments.roles)
pulumi.export("boundaries", deployments.boundaries)

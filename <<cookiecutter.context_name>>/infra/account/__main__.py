"""The Pulumi program of an account: what deployments need there. A person deploys it, before the pipeline."""

import pulumi
from bounded_context_infra.deployer import Deployments

from <<cookiecutter.__package>>.context import <<cookiecutter.__constant>>

deployments = Deployments(<<cookiecutter.__constant>>)

pulumi.export("roles", deployments.roles)
pulumi.export("boundaries", deployments.boundaries)

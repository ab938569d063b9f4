"""The program of an account: the roles that deploy a context's stacks, their limits, and the access to the state."""

from .deployments import Deployments

__all__ = ["Deployments"]

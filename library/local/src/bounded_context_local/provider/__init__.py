"""Deployment of the infrastructure program onto the embedded AWS, resource by resource."""

from .program import Deployment, deploy

__all__ = ["Deployment", "deploy"]

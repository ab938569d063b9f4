"""A stand-in for CodeDeploy on this machine: moto answers what it has, the life of a deployment is lived here.

It speaks CodeDeploy's own protocol, for the compute platform Lambda alone, and shifts real aliases of the embedded AWS.
"""

from .server import running_codedeploy

__all__ = ["running_codedeploy"]

"""A stand-in for CodeDeploy on this machine. moto stores the records; this package runs the deployments.

It implements CodeDeploy's protocol for the compute platform Lambda only, and shifts aliases of the embedded AWS.
"""

from .server import running_codedeploy

__all__ = ["running_codedeploy"]

"""Writes the AWS profile under which a step acts in its environment.

`python -m bounded_context.pipeline.aws_profile <file>`. The profile assumes the environment's role with the
credentials of the build, and does so again when they expire.
"""

import configparser
import sys
from pathlib import Path

from .pulumi_cli import variable

NAME = "environment"


def write(path: Path, role_arn: str, session: str) -> None:
    """Write the profile `environment` into `path`; `session` is the name that CloudTrail shows."""
    profile = configparser.ConfigParser()
    profile[f"profile {NAME}"] = {
        "role_arn": role_arn,
        "role_session_name": session,
        # CodeBuild hands out credentials in the way in which ECS does.
        "credential_source": "EcsContainer",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        profile.write(file)


if __name__ == "__main__":
    write(Path(sys.argv[1]), variable("ROLE_ARN"), f"pipeline-{variable('STACK')}")

"""The AWS profile with which a step acts in its environment.

The profile assumes the environment's role with the credentials of the build, and again when they expire.
"""

import configparser
from pathlib import Path

NAME = "environment"


def write(path: Path, role_arn: str, session: str) -> None:
    """Write the profile `environment` into `path`. CloudTrail shows `session` as the session's name."""
    profile = configparser.ConfigParser()
    profile[f"profile {NAME}"] = {
        "role_arn": role_arn,
        "role_session_name": session,
        # CodeBuild provides credentials in the same way as ECS.
        "credential_source": "EcsContainer",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        profile.write(file)

"""Stands in for the rollout: records its arguments, and in which account it acts."""

import json
import os
import sys
from pathlib import Path

import boto3


def main() -> None:
    """Write the record where the variable STAND_IN_ROLLOUT says."""
    account = boto3.client("sts").get_caller_identity()["Account"]
    record = {"arguments": sys.argv[1:], "account": account}
    Path(os.environ["STAND_IN_ROLLOUT"]).write_text(json.dumps(record))


if __name__ == "__main__":
    main()

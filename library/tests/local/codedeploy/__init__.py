"""The stand-in for CodeDeploy, driven by a plain boto3 client."""

"""CodeDeploy as an extension of the emulator, driven by a plain boto3 client."""

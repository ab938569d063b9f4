"""What the pipeline's roles in an environment must be allowed: `just permissions` prints it for the account's owner."""

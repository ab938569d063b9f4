"""What roles must be allowed, and whom GitHub's trust: `just permissions` prints it for the account's owner."""

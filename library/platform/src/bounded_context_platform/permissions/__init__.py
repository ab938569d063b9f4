"""IAM policies of the roles that deploy, release and redrive, and trust policies of the roles of GitHub."""

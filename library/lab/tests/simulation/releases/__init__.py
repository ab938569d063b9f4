"""Simulated releases: the real driver over simulated CodeDeploy, Lambda aliases and Step Functions aliases."""

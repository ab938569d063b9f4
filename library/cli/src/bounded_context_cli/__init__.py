"""The console script `context`: checks, contracts, policies, partners and pages."""

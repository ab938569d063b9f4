"""The console script `context`: checks, contracts, releases, repairs, policies, partners and pages."""

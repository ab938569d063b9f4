"""The Lambda functions' entry points: one module each."""

"""The Payment context: business rules, list steps and Lambda functions."""

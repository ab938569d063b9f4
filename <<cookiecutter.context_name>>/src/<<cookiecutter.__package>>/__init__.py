"""The <<cookiecutter.context_name>> context: business rules, list steps and Lambda functions."""

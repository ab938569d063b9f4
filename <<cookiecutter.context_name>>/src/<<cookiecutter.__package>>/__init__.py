"""The <<cookiecutter.context_name>> context: its rules, its steps, and the Lambda functions that run them."""

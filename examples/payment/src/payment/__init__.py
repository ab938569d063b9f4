"""The Payment context: its rules, its steps, and the Lambda functions that run them."""

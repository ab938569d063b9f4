"""The <<cookiecutter.context_name>> context: business rules<% if cookiecutter.lists != "none" %>, list steps<% endif %> and Lambda functions."""

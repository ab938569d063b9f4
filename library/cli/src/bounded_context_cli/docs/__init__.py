"""The pages of the installed version: the documentation that all contexts share."""

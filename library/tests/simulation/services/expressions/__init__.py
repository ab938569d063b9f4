"""DynamoDB's expressions. Each text is parsed once, into closures over an item, its names and its values.

Reserved words are accepted as names: moto, behind the adapters' own tests, refuses them.
"""

"""DynamoDB's expressions. Each text is parsed once, into closures over an item, its names and its values."""

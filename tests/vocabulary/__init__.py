"""The opponent "Answers": answers from the vocabularies of business domains, and judges of each accepted set."""

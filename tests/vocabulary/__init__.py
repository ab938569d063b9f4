"""A search for faulty repositories: answers from the vocabularies of business domains, and judges of each set."""

"""A subscriber's side, for its team to copy: a function that keeps the newest state of everything it hears of."""

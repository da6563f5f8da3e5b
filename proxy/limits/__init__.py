"""How much one caller may use: a place for each query, and what may leave through it."""

"""The two dialects of SQL between which statements are translated: what clients write, and what the engine reads."""

GRAMMAR = "postgres"
ENGINE = "duckdb"

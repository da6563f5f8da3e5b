"""The two dialects of SQL between which statements are translated: what clients write, and what the engine reads.

Rule kept here: the tree holds a statement as it was written. The library's grammar moves some subscripts by one (where
it happens to know that they are whole numbers) and leaves others; here none is moved.
"""

from sqlglot.dialects.postgres import Postgres


class CatalogGrammar(Postgres):
    """PostgreSQL's grammar, with subscripts as they are written."""

    INDEX_OFFSET = 0


GRAMMAR = CatalogGrammar
ENGINE = "duckdb"

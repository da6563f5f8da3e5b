"""The virtual catalog: what tools ask a PostgreSQL server about itself, answered from the caller's own access view."""

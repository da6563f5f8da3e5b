"""Usher: a SQL gateway that runs every query with what its end user may see."""

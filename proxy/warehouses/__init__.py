"""Engines, one kind a file or folder: `DIALECT`, `Settings`, `connect`. Engine names stand here only."""

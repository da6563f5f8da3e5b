"""Masks, one kind a file: `Settings`, `KINDS`, `sql()` on trees and `value()` on values, which a test holds equal."""

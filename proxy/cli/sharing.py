"""Whether the settings of a BI tool have it show one user the rows, or give one the connection, of another.

Rule kept here: the tool's file is read, and never run. What cannot be read off it counts as not set.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HOWTO = "see docs/howto/connect/superset.md"
FIXED = frozenset({"FixedExecutor"})


class Unsafe(NamedTuple):
    """What would be shared, and what to set."""

    detail: str
    todo: str


def superset(path: Path) -> Iterator[Unsafe]:
    """What a `superset_config.py` leaves shared between users. Raises `OSError`, `ValueError` for what is no text, and
    `SyntaxError` for what is no Python."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    set_to = _set_to(tree)
    if not _is_on(set_to.get("FEATURE_FLAGS"), "CACHE_IMPERSONATION"):
        yield Unsafe(
            "charts are cached for all users together: one would see another's rows",
            f'set FEATURE_FLAGS = {{"CACHE_IMPERSONATION": True}}; {HOWTO}',
        )
    if "DB_CONNECTION_MUTATOR" not in set_to:
        yield Unsafe(
            "connections carry no user's token: everybody would have the rights of the password that is saved",
            f"define DB_CONNECTION_MUTATOR, which puts the user's own token in; {HOWTO}",
        )
    executors = set_to.get("ALERT_REPORTS_EXECUTORS")
    if executors is not None and any(_name(node) in FIXED for node in ast.walk(executors)):
        yield Unsafe(
            "alerts and reports run as one fixed user: everybody who is sent them reads that user's rows",
            f"let ALERT_REPORTS_EXECUTORS name owners or creators; {HOWTO}",
        )


def _set_to(tree: ast.Module) -> dict[str, ast.AST]:
    """What each name is at the end of a module: only what stands there unconditionally."""
    found: dict[str, ast.AST] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign):
            found.update({target.id: node.value for target in node.targets if isinstance(target, ast.Name)})
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            found[node.target.id] = node.value
    return {name: value for name, value in found.items() if not _is_none(value)}


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_on(flags: ast.AST | None, name: str) -> bool:
    if not isinstance(flags, ast.Dict):
        return False
    pairs = zip(flags.keys, flags.values, strict=True)
    given = [value for key, value in pairs if isinstance(key, ast.Constant) and key.value == name]
    return bool(given) and isinstance(given[-1], ast.Constant) and given[-1].value is True


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""

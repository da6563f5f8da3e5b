"""Writes the pages of docs/reference that say what the code says: errors, kinds, settings, commands.

    python .ci/reference.py           writes them
    python .ci/reference.py --check   writes nothing; exits 1 and names the pages that are not what the code says

Rule kept here: a page is made from the code alone (classes, fields, docstrings), the same on
every machine.
"""

from __future__ import annotations

import ast
import difflib
import enum
import importlib
import inspect
import itertools
import re
import sys
import textwrap
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
GENERATED = "*Made from the code by `.ci/reference.py`: change it there.*"


# ------------------------------------------------------------------------------------------------------------ errors
def errors_page() -> str:
    """Every error a client can meet: code, HTTP status, SQLSTATE, meaning."""
    from proxy import errors

    classes = [
        c
        for c in vars(errors).values()
        if inspect.isclass(c) and issubclass(c, errors.GatewayError) and c is not errors.GatewayError
    ]
    rows = [
        f"| `{c.code}` | {c.http_status} | `{c.default_sqlstate}` | {c.title} | {first_line(c.__doc__)} |"
        for c in classes
    ]
    base = errors.GatewayError
    return "\n".join(
        [
            "# Errors",
            "",
            GENERATED,
            "",
            "Every refusal is one of these. Over HTTP it is a problem document (RFC 9457) whose `code` is the first "
            "column; `detail` says what to do and never quotes data; `reasons` holds codes of "
            "[reasons.md](reasons.md); `decision_id` finds the record in the audit log.",
            "",
            "| code | HTTP | SQLSTATE | title | what it means, and what to do |",
            "|---|---|---|---|---|",
            *rows,
            f"| `{base.code}` | {base.http_status} | `{base.default_sqlstate}` | {base.title} | A fault of Usher "
            "itself: nothing is released; look the decision id up in the program log. |",
            "",
            "`query-failed` carries the engine's own SQLSTATE where that class cannot quote data. `ConfigError` "
            "stops a start or a reload, never a query: it lists every mistake in settings and policies with its place.",
            "",
        ]
    )


# ------------------------------------------------------------------------------------------------------------- kinds
def kinds_page() -> str:
    """Every kind of every plural folder."""
    from proxy import kinds

    parts = ["# Kinds", "", GENERATED, "", "A kind is a file of a plural folder; its name is the file's name.", ""]
    for folder, title, where in (
        ("masks", "Masks", "`masks.yaml` names them: `{mask: KIND, OPTION: VALUE}`."),
        ("warehouses", "Warehouses", "`warehouses.NAME.kind` in usher.yaml names them."),
        ("doors", "Doors", "`doors.KIND` in usher.yaml opens them."),
        ("audit.sinks", "Audit sinks", "`audit.sinks[].kind` in usher.yaml names them."),
    ):
        parts += [f"## {title}", "", where, ""]
        for name in kinds.names(folder):
            module = kinds.load(folder, name)
            parts += [f"### `{name}`", "", paragraph(module.__doc__), ""]
            parts += applies_to(module)
            parts += options(getattr(module, "Settings", None))
    return "\n".join(parts)


def applies_to(module: types.ModuleType) -> list[str]:
    """The types a mask keeps; on others the value is NULL."""
    from proxy.values import TypeKind

    held = getattr(module, "KINDS", None)
    if held is None:
        return []
    if held == frozenset(TypeKind):
        return ["Applies to every type.", ""]
    return [f"Applies to: {', '.join(sorted(k.value for k in held))}. Any other type shows NULL.", ""]


def options(model: type[BaseModel] | None) -> list[str]:
    """The table of a kind's own settings."""
    rows = list(setting_rows(model, "")) if model is not None else []
    if not rows:
        return ["No options.", ""]
    return ["| option | type | default | meaning |", "|---|---|---|---|", *rows, ""]


# ---------------------------------------------------------------------------------------------------------- settings
def settings_page() -> str:
    """Every key of usher.yaml."""
    from proxy import kinds
    from proxy.settings import Settings

    parts = [
        "# Settings",
        "",
        GENERATED,
        "",
        "One file, `usher.yaml`: `--config PATH` or `USHER_CONFIG`. Any value can be overridden by an environment "
        "variable `USHER_SECTION__KEY`. Unknown keys are refused and all mistakes are reported at once. A secret is a "
        "reference, `env:NAME` or `file:PATH`. Relative paths start at the file.",
        "",
        "| setting | type | default | meaning |",
        "|---|---|---|---|",
        *setting_rows(Settings, ""),
        "",
    ]
    for section, prefix in (("warehouses", "warehouses.NAME"), ("doors", "doors"), ("audit.sinks", "audit.sinks[]")):
        for name in kinds.names(section):
            place = f"doors.{name}" if section == "doors" else prefix
            title = name if section == "doors" else f"kind: {name}"
            rows = setting_rows(kinds.load(section, name).Settings, place + ".")
            parts += [
                f"## {section}: {title}",
                "",
                "| setting | type | default | meaning |",
                "|---|---|---|---|",
                *rows,
                "",
            ]
    return "\n".join(parts)


def setting_rows(model: type[BaseModel], prefix: str) -> Iterator[str]:
    """One row a field, those of nested classes after their own."""
    for name, field in model.model_fields.items():
        if name == "kind":  # the heading says it
            continue
        key = prefix + (field.alias or name)
        meaning = " ".join((field.description or described(model, name)).split())
        if not meaning:
            raise ValueError(f"{model.__module__}.{model.__qualname__}.{name} has no description: say what it means.")
        meaning = meaning[:1].upper() + meaning[1:].rstrip(".") + "."
        kind = type_name(field.annotation, field)
        yield f"| `{key}` | {kind} | {default(field)} | {escape(meaning)} |"
        for suffix, inner in nested(field.annotation):
            yield from setting_rows(inner, f"{key}{suffix}.")


def described(model: type[BaseModel], name: str) -> str:
    """What the source says of a field: the string below it, or "`field`: meaning" in its class's docstring."""
    body = next(
        n for n in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(model)))) if isinstance(n, ast.ClassDef)
    ).body
    for field, below in itertools.pairwise(body):
        declares = isinstance(field, ast.AnnAssign) and ast.unparse(field.target) == name
        if declares and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            return str(below.value.value)
    parts = re.split(r"`(\w+)`: ", " ".join(inspect.cleandoc(model.__doc__ or "").split()))
    told = dict(zip(parts[1::2], parts[2::2], strict=True))
    return told.get(name, "").rstrip(" ,;")


def nested(annotation: Any, suffix: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """Settings classes inside an annotation, with how a path names them."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation is not BaseModel:
            yield suffix, annotation
        return
    origin = typing.get_origin(annotation)
    arguments = typing.get_args(annotation)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        yield from nested(arguments[1], f"{suffix}.NAME")
    elif origin in (list, tuple, set, frozenset) or (isinstance(origin, type) and hasattr(origin, "__iter__")):
        for argument in arguments:
            yield from nested(argument, f"{suffix}[]")
    else:
        for argument in arguments:
            yield from nested(argument, suffix)


NAMES: dict[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    type(None): "null",
    Path: "path",
    SecretStr: "secret reference",
    Any: "any value",
}


def type_name(annotation: Any, field: FieldInfo | None = None) -> str:
    """A type in words."""
    bounds = ", ".join(b for b in map(bound, field.metadata if field else ()) if b)
    return escape(_type_name(annotation) + (f", {bounds}" if bounds else ""))


def _type_name(annotation: Any) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation in NAMES:
        return NAMES[annotation]
    if origin is typing.Annotated:
        return _type_name(arguments[0])
    if origin is typing.Literal:
        return ", ".join(f"`{a}`" for a in arguments)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(_type_name(a) for a in arguments))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"mapping of name to {_type_name(arguments[1])}"
    if isinstance(origin, type) and hasattr(origin, "__iter__"):
        return f"list of {_type_name(arguments[0])}" if arguments else "list"
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return ", ".join(f"`{m.value}`" for m in annotation)
    if inspect.isclass(annotation):
        return "section"
    return "value"


def bound(metadata: Any) -> str:
    """A constraint in words."""
    signs = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    for attribute, sign in signs.items():
        value = getattr(metadata, attribute, None)
        if value is not None:
            return f"{sign} {value}"
    return ""


def default(field: FieldInfo) -> str:
    """A default as it would stand in the file."""
    if field.is_required():
        return "required"
    value = field.default
    if value is PydanticUndefined:
        made: Callable[..., Any] | None = field.default_factory
        value = made() if made is not None else None
    if isinstance(value, BaseModel):
        return "see below"
    if isinstance(value, (frozenset, set)):
        value = sorted(value)
    if isinstance(value, (tuple, list)):
        return escape("`[" + ", ".join(str(v) for v in value) + "]`")
    if isinstance(value, Mapping):
        return "`{}`" if not value else escape(f"`{dict(value)}`")
    words = {None: "null", True: "true", False: "false"}
    if value is None or isinstance(value, bool):
        return f"`{words[value]}`"
    return escape(f"`{value}`")


# ---------------------------------------------------------------------------------------------------------- commands
def commands_page() -> str:
    """Every command of the `usher` program with its arguments and options."""
    import typer.main

    root = typer.main.get_command(importlib.import_module("proxy.cli").app)
    parts = [
        "# Commands",
        "",
        GENERATED,
        "",
        paragraph(root.help),
        "",
        paragraph(root.epilog),
        "",
    ]
    for path, command in commands(root, "usher"):
        parts += [f"## `{path}`", "", paragraph(command.help), ""]
        rows = [parameter_row(p) for p in command.params if not getattr(p, "hidden", False)]
        if rows:
            parts += ["| argument or option | default | meaning |", "|---|---|---|", *rows, ""]
    return "\n".join(parts)


def commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every command that can be run, with its full path."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
        return
    for name in sorted(inner):
        if not inner[name].hidden:
            yield from commands(inner[name], f"{path} {name}")


def parameter_row(parameter: Any) -> str:
    """One argument or option."""
    is_option = parameter.param_type_name == "option"
    spelt = ", ".join([*parameter.opts, *parameter.secondary_opts]) if is_option else parameter.name.upper()
    value = parameter.default
    shown = (
        "required" if parameter.required else "" if value in (None, (), [], False) or callable(value) else f"`{value}`"
    )
    return f"| `{spelt}` | {shown} | {escape(' '.join((getattr(parameter, 'help', None) or '').split()))} |"


# ------------------------------------------------------------------------------------------------------- SQL support
MEASURED = ROOT / "tests" / "golden" / "support" / "results.json"
OUTSIDE = ROOT / "tests" / "golden" / "support" / "outside.json"
CORPUS_TITLES = {
    "sqlglot": "sqlglot's own dialect fixtures",
    "assistant": "questions, answered in SQL by a language model for this corpus",
}


def support_page() -> str:
    """What SQL is supported, what is refused and why: the figures are those that tests/golden/test_support.py holds."""
    import json

    records = json.loads(MEASURED.read_text(encoding="utf-8"))
    parts = [
        "# SQL support",
        "",
        "*Made by `.ci/reference.py` from what was measured: `tests/golden/support/results.json`.*",
        "",
        "SQL is that of the warehouse's engine. A statement is refused only where it cannot be governed. The tables "
        "below come from corpora of statements that the engine itself takes, planned under a policy that filters every "
        "table and masks most; a statement passes where the engine also takes what became of it. "
        "`tests/golden/test_support.py` measures them anew in each run; where they come from stands in the READMEs "
        "beside them. On both engines all 22 queries of TPC-H (`tests/oracle/test_tpch*.py`) and all 99 of TPC-DS "
        "(`tests/oracle/test_tpcds*.py`) are answered, under filters and masks, as copies of the tables answer that "
        "were filtered and masked by hand; on the sample of TPC-DS one query of the 99 has an empty answer for one of "
        "three principals. On PostgreSQL six of the 99 are written in other words (`tests/oracle/tpcds/README.md`).",
        "",
        *outside_section(json.loads(OUTSIDE.read_text(encoding="utf-8"))),
    ]
    for engine in dict.fromkeys(r["engine"] for r in records):
        parts += engine_section(engine, [r for r in records if r["engine"] == engine])
    return "\n".join([*parts, *instead_section()])


def outside_section(records: list[Any]) -> list[str]:
    """What was measured once, on statements that are not kept in the repository."""
    rows = [
        f"| {r['engine']} | {r['answers']} | {r['different']} | {r['accepted']} | {r['refused']} | "
        f"{100 * (r['accepted'] - r['refused']) / r['accepted']:.1f} % |"
        for r in records
    ]
    return [
        "## A public corpus that is not kept here",
        "",
        "GPT-4's answers to the development questions of Spider, as DAIL-SQL published them "
        "(`results/DAIL-SQL+GPT-4.txt`, Apache-2.0), all 1,034, over Spider's own tables with their primary keys. They "
        "are in SQLite's dialect, so that an engine takes a part of them. Refused on DuckDB are six with names in "
        "backticks. `tests/golden/support/outside.py` measures them again where the files are at hand.",
        "",
        "| engine | answers | different ones | of these the engine takes | refused | passed |",
        "|---|---|---|---|---|---|",
        *rows,
        "",
    ]


def engine_section(engine: str, records: list[Any]) -> list[str]:
    """One engine's counts, constructs, refusals and refused functions."""
    rows = []
    for record in records:
        refused = record["refused"]
        missing = sum(r["verdict"] == "an honest query" for r in refused)
        honest = record["accepted"] - len(refused) + missing
        rows.append(
            f"| {CORPUS_TITLES[record['corpus']]} | {record['accepted']} | {len(refused) - missing} | {missing} | "
            f"{100 * (honest - missing) / honest:.1f} % |"
        )
    constructs = {name: 0 for record in records for name in record["constructs"]}
    for record in records:
        for name, count in record["constructs"].items():
            constructs[name] += count
    return [
        f"## {engine}: counts",
        "",
        "| corpus | statements that the engine takes | refused on purpose | refused though honest "
        "| honest ones planned |",
        "|---|---|---|---|---|",
        *rows,
        "",
        "Refused on purpose are statements that are no queries on tables (DESCRIBE, PIVOT as a statement), that write "
        "or lock (SELECT INTO, FOR UPDATE), calls of functions that are shut (below), and "
        "samples of blocks, which tell how many hidden rows lie between.",
        "",
        f"## {engine}: supported",
        "",
        "| construct | statements planned that use it |",
        "|---|---|",
        *(f"| {escape(n)} | {constructs[n]} |" for n in sorted(constructs, key=lambda n: (-constructs[n], n))),
        "",
        f"## {engine}: refused",
        "",
        "| reason | about | statements | an example | what the refusal says |",
        "|---|---|---|---|---|",
        *refusal_rows([r for record in records for r in record["refused"]]),
        "",
        *function_section(engine),
    ]


def refusal_rows(refusals: list[Any]) -> Iterator[str]:
    """Refusals in groups of one message each, the most frequent first."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for refusal in refusals:
        groups.setdefault((refusal["reason"], refusal["about"], refusal["detail"]), []).append(refusal["sql"])
    for (reason, about, detail), statements in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
        example = " ".join(min(statements, key=len).split())
        yield f"| `{reason}` | {about} | {len(statements)} | `{escape(example)}` | {escape(detail)} |"


def function_section(engine: str) -> list[str]:
    """Functions that are refused by name, by the reason that the engine's table gives."""
    from proxy import kinds

    dialect = kinds.load("warehouses", engine).DIALECT
    reasons: dict[str, list[str]] = {}
    for name, why in sorted(dialect.refused.items()):
        reasons.setdefault(why, []).append(name)
    rows = []
    for why, names in sorted(reasons.items(), key=lambda item: (-len(item[1]), item[0])):
        some = ", ".join(f"`{escape(name)}`" for name in names[:6])
        rows.append(f"| {escape(why)} | {len(names)} | {some} |")
    return [
        f"## {engine}: functions",
        "",
        f"{len(dialect.functions)} functions and operators are allowed. Any other is refused, also one that a later "
        "version of the engine brings, until it was looked at. Refused by name are:",
        "",
        "| why | functions | such as |",
        "|---|---|---|",
        *rows,
        "",
    ]


def instead_section() -> list[str]:
    """What to write instead of statements and constructs that no engine gets."""
    from proxy.query import parse

    advice: dict[str, list[str]] = {}
    for kind, text in parse._INSTEAD.items():
        if text:
            advice.setdefault(text, []).append(kind)
    rows = [f"| {', '.join(k.upper() for k in kinds)} | {escape(text)} |" for text, kinds in advice.items()]
    return ["## What to write instead", "", "| refused | instead |", "|---|---|", *rows, ""]


# -------------------------------------------------------------------------------------------------------------- text
def first_line(text: str | None) -> str:
    """The first line of a docstring."""
    return escape(inspect.cleandoc(text or "").split("\n", 1)[0])


def paragraph(text: str | None) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join(inspect.cleandoc(text or "").split("\n\n", 1)[0].split())


def escape(text: str) -> str:
    """Text that may stand in a cell of a table."""
    return text.replace("|", "\\|")


PAGES: dict[str, Callable[[], str]] = {
    "errors.md": errors_page,
    "kinds.md": kinds_page,
    "settings.md": settings_page,
    "commands.md": commands_page,
    "sql-support.md": support_page,
}


def main() -> int:
    """Write or compare; the exit code is 1 where a page is not what the code says."""
    checking = "--check" in sys.argv[1:]
    stale = []
    for page, render in PAGES.items():
        path = FOLDER / page
        wanted = render()
        found = path.read_text(encoding="utf-8") if path.exists() else ""
        if found == wanted:
            continue
        if checking:
            stale.append(page)
            sys.stdout.writelines(
                difflib.unified_diff(
                    found.splitlines(True), wanted.splitlines(True), f"docs/reference/{page}", "the code"
                )
            )
        else:
            FOLDER.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted, encoding="utf-8")
            print(f"wrote docs/reference/{page}")
    if stale:
        print(f"\nNot what the code says: {', '.join(stale)}. Run: python .ci/reference.py")
    elif checking:
        print(f"{len(PAGES)} pages say what the code says.")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())

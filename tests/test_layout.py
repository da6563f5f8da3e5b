"""The house rules that a machine can see: where things stand, how large they are, and what may not be written.

Rule kept here: every exemption is a line in a table below with its reason, and an exemption that is not needed any
more fails too, so that the tables only ever say what is so.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "proxy"
TESTS = ROOT / "tests"

# Files without a test file of their own -> why.
WITHOUT_MIRROR: dict[str, str] = {
    "proxy/gateway.py": "tests/flow/ is its test, a file for each way through it",
    "proxy/life.py": "tests/flow/ is its test: each way a query can end",
    "proxy/ports.py": "shapes alone: mypy holds the stages to them, tests/flow/ the calls",
    "proxy/dialect.py": "dataclasses without code: tests/warehouses/ tests each engine's values",
}

# Folders and files of tests/ that mirror nothing -> why.
BESIDE_THE_MIRROR = {
    "flow": "the order of the stages, and every way to fail closed",
    "contract": "one suite over every kind of a plural folder",
    "golden": "cases as data",
    "bypass": "attacks, one file each",
    "oracle": "properties of the whole",
    "clients": "real clients against a real server",
    "bench": "measurements",
    "conftest.py": "what every test shares",
    "fakes.py": "fakes of the gateway's ports",
    "test_layout.py": "the house rules",
    "test_docs.py": "documents that tests can fail",
    "test_ci.py": "the check command",
    "test_demo.py": "the demo as a newcomer runs it",
}

# Files over 400 lines (600 is refused in any case) -> why.
LONG_FILES: dict[str, str] = {
    "proxy/introspection/expressions.py": "one dispatch over the classes of a tree, each with a few lines",
    "proxy/gateway.py": "the way of a query is read as one, and first",
    "proxy/workers.py": "both ends of one channel are read together",
    "proxy/values.py": "all that flows, as one table of declarations without code",
}

# Tables of data: no size limit.
DATA_TABLES: dict[str, str] = {}

# Files outside warehouses/ that name an engine in code -> why.
ENGINE_NAMES: dict[str, str] = {
    "proxy/demo/folder.py": "writes the demo's settings, which name the warehouse's kind",
    "proxy/demo/show.py": "shows the same question asked without Usher, of the embedded engine itself",
    "proxy/introspection/engine.py": "opens the embedded engine that answers for the catalog",
    "proxy/introspection/languages.py": "names the dialects of SQL between which statements are translated",
    "proxy/introspection/worker.py": "maps that engine's errors",
    "proxy/doors/pgwire/variables.py": "the one value of IntervalStyle, as the protocol spells it",
    "proxy/demo/warehouse.py": "makes the sample warehouse, a file of the embedded engine",
}

# Outermost loops and the audit entry: the only places that may catch everything -> why.
CATCH_ALL: dict[str, str] = {
    "proxy/cli/__init__.py:main": "the outermost loop of the command line, where nobody is shown a stack trace",
    "proxy/doors/http/edge.py:_guarded": "the door's outermost loop",
    "proxy/doors/http/sending.py:_answer": "the door's outermost loop once the head of the answer has left",
    "proxy/doors/pgwire/dialogue.py:_answer": "the door's outermost loop: a message fails, its session goes on",
    "proxy/doors/pgwire/server.py:_served": "the door's outermost loop: a connection fails, the others go on",
    "proxy/workers.py:_answer": "the function's own exception goes to the caller in the other process",
    "proxy/workers.py:_keep_slot": "whatever an initializer raises goes to start(); a replacement retries",
    "proxy/workers.py:_raised": "an exception class of any library may refuse to travel; then its name does",
    "proxy/workers.py:_set_up": "whatever an initializer raises goes to the caller of start()",
}

# Calls of create_task or ensure_future -> why a TaskGroup cannot hold the task.
OWN_TASKS: dict[str, str] = {
    "proxy/warehouses/postgres/warehouse.py": "a statement that is given up outlives its caller until the "
    "server lets go of it; close() waits for them",
    "proxy/workers.py": "a slot's keeper lives from start() to close(), which no block spans; close() ends it",
}

# The home of the environment.
ENVIRONMENT = {"proxy/settings.py": "USHER_CONFIG, USHER_SECTION__KEY and env: references are resolved here"}

ENGINES = (
    "duckdb",
    "postgres",
    "postgresql",
    "snowflake",
    "bigquery",
    "databricks",
    "clickhouse",
    "trino",
    "mysql",
    "spark",
    "redshift",
)
BANNED_NAMES = {"util", "utils", "helper", "helpers", "common", "manager", "handler", "service", "misc", "base"}
FUNCTION_LINES = 60
FILE_LINES = 400
REFUSED_LINES = 600


def sources() -> list[Path]:
    return sorted(p for p in PACKAGE.rglob("*.py") if "__pycache__" not in p.parts)


def checks() -> list[Path]:
    return sorted(p for p in TESTS.rglob("*.py") if "__pycache__" not in p.parts)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(text(path), filename=str(path))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def has_code(path: Path) -> bool:
    """Whether a module holds more than a docstring and constants or imports of names for typing."""
    return any(isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for n in ast.walk(tree(path)))


def mirror_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    stem = path.parent.name if path.name == "__init__.py" else path.stem
    folder = parts[:-1]
    return Path("tests", *folder, f"test_{stem.strip('_')}.py").as_posix()


def exemptions(table: dict[str, str], needed: set[str]) -> list[str]:
    """What is wrong between a table of exemptions and what really needs one."""
    missing = [f"{n}: not allowed" for n in sorted(needed - set(table))]
    stale = [f"{n}: exempt without need, take it out of the table" for n in sorted(set(table) - needed)]
    return missing + stale


# ------------------------------------------------------------------------------------------------------- the mirror
def test_every_module_has_a_test_file_of_its_own() -> None:
    lacking = {name(p) for p in sources() if has_code(p) and not (ROOT / mirror_of(p)).exists()}
    wrong = exemptions(WITHOUT_MIRROR, lacking)
    assert not wrong, "\n".join(f"{w} (expected {mirror_of(ROOT / w.split(':')[0])})" for w in wrong)


def test_every_test_file_mirrors_a_module() -> None:
    mirrors = {mirror_of(p) for p in sources()}
    odd = []
    for path in checks():
        if path.relative_to(TESTS).parts[0] in BESIDE_THE_MIRROR or path.name in ("conftest.py", "__init__.py"):
            continue
        if path.name.startswith("test_") and name(path) not in mirrors and not is_part_of_a_folder_kind(path):
            odd.append(name(path))
    assert not odd, f"they test no module of their name: {odd}"


def is_part_of_a_folder_kind(path: Path) -> bool:
    """tests/policy/test_*.py may hold several files on one folder of proxy/, as long as that folder exists."""
    folder = path.parent.relative_to(TESTS)
    return folder != Path(".") and (PACKAGE / folder).is_dir()


# ---------------------------------------------------------------------------------------------------------- sizes
def test_no_file_is_too_long() -> None:
    long = {name(p) for p in sources() if len(text(p).splitlines()) > FILE_LINES} - set(DATA_TABLES)
    wrong = exemptions(LONG_FILES, long)
    refused = [n for n in sorted(long) if len(text(ROOT / n).splitlines()) > REFUSED_LINES]
    assert not wrong, wrong
    assert not refused, f"over {REFUSED_LINES} lines: {refused}"


def test_data_tables_are_data() -> None:
    for path, reason in DATA_TABLES.items():
        assert reason
        assert not list(functions(ROOT / path)), f"{path} is exempt as a table of data, but holds functions"


def test_no_function_is_too_long() -> None:
    long = [
        f"{name(p)}:{f.lineno} {f.name} ({(f.end_lineno or f.lineno) - f.lineno + 1} lines)"
        for p in sources()
        for f in functions(p)
        if (f.end_lineno or f.lineno) - f.lineno + 1 > FUNCTION_LINES
    ]
    assert not long, long


# ---------------------------------------------------------------------------------------------------------- words
def test_every_module_says_what_it_is_for() -> None:
    silent = [name(p) for p in sources() if len((ast.get_docstring(tree(p)) or "").split()) < 4]
    assert not silent, silent


def test_public_functions_and_classes_say_what_they_mean() -> None:
    silent = []
    for path in sources():
        for node in tree(path).body:
            named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            if named and not node.name.startswith("_") and not ast.get_docstring(node):
                silent.append(f"{name(path)}:{node.lineno} {node.name}")
    assert not silent, silent


def test_names_are_domain_nouns() -> None:
    bad = []
    for path in [*sources(), *checks()]:
        parts = set(re.split(r"[_/.]", name(path).lower()))
        bad += [f"{name(path)}: {w}" for w in sorted(parts & BANNED_NAMES)]
    for path in sources():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef):
                words = {w.lower() for w in re.findall(r"[A-Z][a-z]+", node.name)}
                bad += [f"{name(path)}:{node.lineno} {node.name}" for _ in words & BANNED_NAMES]
    assert not bad, bad


def engine_mentions(path: Path) -> list[str]:
    """Engine names in code: identifiers and string literals; docstrings and comments may explain."""
    if not any(engine in text(path).lower() for engine in ENGINES):
        return []
    docstrings = {
        id(n.value) for n in ast.walk(tree(path)) if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)
    }
    found = []
    for node in ast.walk(tree(path)):
        words = ""
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            words = node.value
        elif isinstance(node, ast.Name):
            words = node.id
        elif isinstance(node, ast.Attribute):
            words = node.attr
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            words = node.name
        elif isinstance(node, ast.Import):
            words = " ".join(a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom):
            words = node.module or ""
        hits = set(re.findall("[a-z]+", re.sub("([a-z])([A-Z])", r"\1 \2", words).lower())) & set(ENGINES)
        found += [f"line {getattr(node, 'lineno', 0)}: {h}" for h in sorted(hits)]
    return found


def test_engine_names_stand_in_warehouses_only() -> None:
    outside = [p for p in sources() if p.relative_to(PACKAGE).parts[0] != "warehouses"]
    naming = {name(p): engine_mentions(p) for p in outside}
    wrong = exemptions(ENGINE_NAMES, {n for n, hits in naming.items() if hits})
    assert not wrong, [(w, naming.get(w.split(":")[0])) for w in wrong]


# ------------------------------------------------------------------------------------------------- what is not done
def catches_everything(node: ast.ExceptHandler) -> bool:
    """A handler that catches everything and does not raise again as its last act."""
    caught = node.type
    names = [caught] if not isinstance(caught, ast.Tuple) else list(caught.elts)
    broad = caught is None or any(isinstance(n, ast.Name) and n.id in ("Exception", "BaseException") for n in names)
    raises_again = bool(node.body) and isinstance(node.body[-1], ast.Raise)
    return broad and not raises_again


def test_nothing_swallows_every_exception() -> None:
    swallowing = {
        f"{name(p)}:{f}" for p in sources() for f, node in handlers_by_function(p) if catches_everything(node)
    }
    wrong = exemptions(CATCH_ALL, swallowing)
    assert not wrong, wrong


def handlers_by_function(path: Path) -> Iterator[tuple[str, ast.ExceptHandler]]:
    yield from _handlers(tree(path), "module")


def _handlers(node: ast.AST, where: str) -> Iterator[tuple[str, ast.ExceptHandler]]:
    for child in ast.iter_child_nodes(node):
        inner = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else where
        if isinstance(child, ast.ExceptHandler):
            yield where, child
        yield from _handlers(child, inner)


def test_suppress_is_never_broad() -> None:
    broad = []
    for path in sources():
        for node in ast.walk(tree(path)):
            suppressing = isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress")
            if suppressing and any(ast.unparse(a) in ("Exception", "BaseException") for a in node.args):
                broad.append(f"{name(path)}:{node.lineno}")
    assert not broad, broad


def test_tasks_belong_to_a_group() -> None:
    own = set()
    for path in sources():
        if "create_task" not in text(path) and "ensure_future" not in text(path):
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
                call = ast.unparse(node.func)
                group = re.search(r"(^|[._])(group|tg|tasks)\.create_task$", call)
                if call.split(".")[-1] in ("create_task", "ensure_future") and not group:
                    own.add(name(path))
    wrong = exemptions(OWN_TASKS, own)
    assert not wrong, wrong


def test_no_wait_forgets_a_cancellation() -> None:
    """asyncio.wait_for on Python 3.11 returns, uncancelled, when it is cancelled just as what it waits for is done."""
    found = [f"{name(p)}: write async with asyncio.timeout(..)" for p in sources() if "wait_for(" in text(p)]
    assert not found, found


def test_environment_is_read_in_one_place() -> None:
    reading = set()
    for path in sources():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.environ", "os.getenv", "os.environb"):
                reading.add(name(path))
            if isinstance(node, ast.ImportFrom) and node.module == "os":
                reading |= {name(path) for a in node.names if a.name in ("environ", "getenv", "environb")}
    wrong = exemptions(ENVIRONMENT, reading)
    assert not wrong, wrong


def test_type_ignores_name_their_code() -> None:
    bare = [
        f"{name(p)}:{i}"
        for p in [*sources(), *checks()]
        for i, c in comments(p)
        if re.search(r"type:\s*ignore(?!\[)", c) or re.search(r"noqa(?!:)", c)
    ]
    assert not bare, bare


def comments(path: Path) -> Iterator[tuple[int, str]]:
    if "type:" not in text(path) and "noqa" not in text(path):
        return
    for token in tokenize.generate_tokens(io.StringIO(text(path)).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def test_nothing_is_left_open() -> None:
    marks = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "NotImplemented" + "Error"]) + r")\b")
    left = [
        f"{name(p)}:{i}"
        for p in [*sources(), *checks()]
        for i, line in enumerate(text(p).splitlines(), start=1)
        if marks.search(line)
    ]
    assert not left, left


def test_tests_are_not_skipped_or_expected_to_fail() -> None:
    marks = re.compile(r"mark\.(skip|xfail)\b")
    skipped = [f"{name(p)}:{i}" for p in checks() for i, t in enumerate(text(p).splitlines(), 1) if marks.search(t)]
    own = name(Path(__file__))
    assert [s for s in skipped if not s.startswith(own)] == []


def test_python_files_import_absolutely_and_re_export_nothing() -> None:
    wrong = []
    for path in sources():
        for node in tree(path).body:
            if isinstance(node, ast.ImportFrom) and (node.level or any(a.name == "*" for a in node.names)):
                wrong.append(f"{name(path)}:{node.lineno}")
            own = isinstance(node, ast.ImportFrom) and (node.module or "").startswith("proxy")
            if own and path.name == "__init__.py" and not has_code(path):
                wrong.append(f"{name(path)}:{node.lineno} re-exports")
    assert not wrong, wrong


def test_later_python_syntax_is_not_used() -> None:
    for path in [*sources(), *checks()]:
        ast.parse(text(path), filename=str(path), feature_version=(3, 11))


@pytest.mark.parametrize(
    "table", ["WITHOUT_MIRROR", "LONG_FILES", "DATA_TABLES", "ENGINE_NAMES", "CATCH_ALL", "OWN_TASKS"]
)
def test_every_exemption_has_a_reason_and_a_file(table: str) -> None:
    for entry, reason in globals()[table].items():
        assert len(reason.split()) >= 3, f"{entry}: say why"
        assert (ROOT / entry.split(":")[0]).exists(), f"{entry} is not there"

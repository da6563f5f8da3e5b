"""Tokens to one tree, every node of which is on the dialect's allow-list.

Rule kept here: sqlglot's tree and the engine's own parser must both have understood the text, and both say that it is
one query; node classes (sqlglot) and functions (engine) that are not listed are refused, with what to write instead.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Set
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from proxy.dialect import Dialect, Syntax
from proxy.errors import GatewayError, InvalidSql, TooLarge, Ungovernable
from proxy.query.text import Caps, check_chains, check_names, numbered_forms, question_marks
from proxy.values import Edit, Reason, ReasonCode, Span

logging.getLogger("sqlglot").setLevel(logging.CRITICAL)  # it logs the text of statements it does not know

_NAMES = (TokenType.VAR, TokenType.IDENTIFIER)
_STUMBLES = (TypeError, ValueError, AttributeError, LookupError)
"""What sqlglot raises, beside its own errors, on some texts that are wrong (`a #>> FROM`)."""
_ROOTS = (exp.Select, exp.SetOperation, exp.Subquery, exp.Values)

_INSTEAD = {
    "Command": "",
    "Describe": "GET /v1/catalog lists the tables and columns that you may read.",
    "Summarize": "Write the aggregates that you need, such as SELECT min(x), max(x), count(x) FROM t.",
    "Show": "GET /v1/catalog lists the tables and columns that you may read.",
    "Explain": "POST /v1/plan answers how a statement is governed.",
    "Pivot": "Write PIVOT inside FROM with the values listed, or use count(*) FILTER (WHERE ..).",
    "Into": "Results cannot be stored: leave INTO out.",
    "Lock": "Nothing can be locked: leave FOR UPDATE or FOR SHARE out.",
    "Insert": "The warehouse is read-only here.",
    "Update": "The warehouse is read-only here.",
    "Delete": "The warehouse is read-only here.",
    "Merge": "The warehouse is read-only here.",
    "Create": "The warehouse is read-only here.",
    "Drop": "The warehouse is read-only here.",
    "Alter": "The warehouse is read-only here.",
    "Set": "Settings cannot be changed.",
    "Reset": "Settings cannot be changed.",
    "Transaction": "Each query stands alone: leave transactions out.",
    "Commit": "Each query stands alone: leave transactions out.",
    "Rollback": "Each query stands alone: leave transactions out.",
    "TruncateTable": "The warehouse is read-only here.",
    "Copy": "The answer itself is the export: send the query alone, and no file.",
    "Attach": "Warehouses are added in the gateway's settings.",
    "Detach": "Warehouses are added in the gateway's settings.",
    "Call": "Write SELECT .. FROM the function instead, where it is available.",
    "Install": "Extensions cannot be loaded.",
    "Load": "Extensions cannot be loaded.",
    "Checkpoint": "The warehouse looks after itself: leave it out.",
    "Vacuum": "The warehouse looks after itself: leave it out.",
    "Prepare": "Send the query itself, with its parameters.",
    "Execute": "Send the query itself, with its parameters.",
    "Use": "Write the schema before the table's name instead.",
    "Pragma": "Settings cannot be read or changed.",
    "TableSample": "Write ORDER BY random() LIMIT n instead.",
    "ReadCSV": "Files cannot be read.",
    "ReadParquet": "Files cannot be read.",
    "HistoricalData": "Older versions of a table cannot be read.",
}


@dataclass(frozen=True, slots=True)
class Parsed:
    """One query as two parsers see it; `question_marks` says whether `?` is a parameter in it."""

    sql: str
    tokens: list[Token]
    tree: exp.Expr
    syntax: Syntax
    question_marks: bool = True
    edits: tuple[Edit, ...] = ()


def parse(sql: str, tokens: list[Token], dialect: Dialect, caps: Caps) -> Parsed:
    """One understood query; `tokens` are its own. Raises `InvalidSql`, `Ungovernable` or `TooLarge`, with a reason."""
    _check_one_statement(tokens)
    check_chains(tokens, caps)
    syntax, refused = _engine(sql, dialect)
    tree = _tree(sql, tokens, dialect, refused)
    kinds = _check_nodes(tree, dialect, caps, refused)
    check_names(tokens, dialect.names.longest)
    named = _named_placeholders(tree) if any(issubclass(kind, exp.Placeholder) for kind in kinds) else 0
    _check_parameters(named, tokens, dialect)
    if syntax is None:
        raise refused or InvalidSql("The statement is not valid.", ReasonCode.SYNTAX)
    _check_functions(syntax, dialect)
    return Parsed(sql, tokens, tree, syntax, dialect.names.question_marks, tuple(_table_words(tokens, dialect)))


def _check_one_statement(tokens: list[Token]) -> None:
    """Thousands of statements are refused before any of them is parsed."""
    ended = False
    for place, token in enumerate(tokens):
        if token.token_type is TokenType.SEMICOLON:
            ended = ended or place > 0
        elif ended:
            raise Ungovernable("Send one statement at a time.", ReasonCode.MULTIPLE_STATEMENTS)


def _engine(sql: str, dialect: Dialect) -> tuple[Syntax | None, GatewayError | None]:
    try:
        return dialect.syntax(sql), None
    except (InvalidSql, Ungovernable) as error:
        return None, error


def _tree(sql: str, tokens: list[Token], dialect: Dialect, refused: GatewayError | None) -> exp.Expr:
    try:
        parser = sqlglot.Dialect.get_or_raise(dialect.name).parser()
        statements = [s for s in parser.parse(tokens, sql) if s is not None]
    except (SqlglotError, *_STUMBLES) as error:
        advice = "write names in double quotes, not in backticks." if "`" in sql else "write it in a plainer form."
        raise refused or Ungovernable(
            f"The statement uses syntax that cannot be governed: {advice}", ReasonCode.CONSTRUCT
        ) from error
    except RecursionError as error:
        raise TooLarge("The statement is nested too deeply: flatten it with WITH.", ReasonCode.TOO_DEEP) from error
    statements = [s for s in statements if not isinstance(s, exp.Semicolon)]
    if not statements:
        raise InvalidSql("The statement is empty: send one SELECT.", ReasonCode.EMPTY_SQL)
    if len(statements) != 1:
        raise Ungovernable("Send one statement at a time.", ReasonCode.MULTIPLE_STATEMENTS)
    tree = statements[0]
    if not isinstance(tree, _ROOTS):
        raise _wrong_kind(tree, refused)
    return tree


def _wrong_kind(tree: exp.Expr, refused: GatewayError | None) -> GatewayError:
    """A statement the engine cannot parse either gets the engine's word on where; another kind is named."""
    if isinstance(refused, InvalidSql):
        return refused
    kind = type(tree).__name__
    if isinstance(tree, exp.Command):
        kind = str(tree.this).split(None, 1)[0].capitalize() if tree.this else "Command"
    elif isinstance(tree, exp.Column):
        kind = str(tree.name).capitalize()  # a statement of one word
    advice = _INSTEAD.get(kind, "")
    return Ungovernable(
        f"Only queries can be run, and this is another kind of statement ({kind.upper()}). {advice}".strip(),
        Reason(ReasonCode.STATEMENT_KIND, kind.lower()),
    )


def levels(tree: exp.Expr) -> Iterator[list[exp.Expr]]:
    """The nodes of a tree by their height below the root, the root first; does not recurse."""
    level = [tree]
    while level:
        yield level
        level = [child for node in level for child in node.iter_expressions()]


def _check_nodes(tree: exp.Expr, dialect: Dialect, caps: Caps, refused: GatewayError | None) -> Set[type[exp.Expr]]:
    """The classes of all nodes. Raises `TooLarge`, or `Ungovernable` for a class that is not listed, in the words of
    whoever knows what to do."""
    kinds: dict[type[exp.Expr], int] = {}
    count = 0
    for height, level in enumerate(levels(tree)):
        count += len(level)
        if count > caps.max_nodes or height > caps.max_height:
            raise TooLarge(
                "The statement is too complex: shorten its lists and chains of AND, OR or operators.",
                ReasonCode.TOO_COMPLEX,
            )
        for kind in map(type, level):
            if kind not in kinds:
                name = kind.__name__
                if name not in dialect.nodes:
                    told = refused is None or name in _INSTEAD or not _is_detailed(refused)
                    raise _refused_node(name) if told or refused is None else refused
                kinds[kind] = 0
            kinds[kind] += 1
    ctes, set_operations, references = (
        sum(count for kind, count in kinds.items() if issubclass(kind, wanted))
        for wanted in (exp.CTE, exp.SetOperation, exp.Table)
    )
    if ctes > caps.max_ctes or set_operations > caps.max_set_operations or references > caps.max_references:
        raise TooLarge(
            f"The statement has too many parts: at most {caps.max_ctes} WITH queries, {caps.max_set_operations} set "
            f"operations and {caps.max_references} tables.",
            ReasonCode.TOO_COMPLEX,
        )
    return kinds.keys()


def _is_detailed(refused: GatewayError) -> bool:
    """Whether the engine's side refused a part of a query, and not the kind of statement or its syntax."""
    return {reason.code for reason in refused.reasons} <= {ReasonCode.CONSTRUCT, ReasonCode.FUNCTION}


def _table_words(tokens: list[Token], dialect: Dialect) -> Iterator[Edit]:
    """`TABLE t` stands for `SELECT * FROM t`, and has no place where a policy view could stand: so it is written out.
    Raises `Ungovernable` where that cannot be proven."""
    for place, word in enumerate(tokens[:-1]):
        if word.token_type is not TokenType.TABLE:
            continue
        is_name = place > 0 and tokens[place - 1].token_type in (TokenType.DOT, TokenType.ALIAS)
        after = tokens[place + 1]
        if not is_name and (after.token_type in _NAMES or after.text.upper() == "ONLY"):
            if not dialect.names.table_word:
                raise Ungovernable(
                    "TABLE is not supported as a query: write SELECT * FROM and the table's name.",
                    Reason(ReasonCode.CONSTRUCT, "table"),
                    span=Span(word.start, word.end + 1),
                )
            yield Edit(Span(word.start, word.end + 1), "SELECT * FROM")


def _named_placeholders(tree: exp.Expr) -> int:
    return sum(node.args.get("this") is not None for node in tree.find_all(exp.Placeholder))


def _check_parameters(named: int, tokens: list[Token], dialect: Dialect) -> None:
    """Raises `InvalidSql` for parameters of several forms, whose order would be doubtful, and `Ungovernable` for
    `list[:name]`, where sqlglot takes the column for a parameter."""
    numbered = numbered_forms(tokens)
    marks = question_marks(tokens) if dialect.names.question_marks else []
    if len(set(numbered)) + bool(marks) > 1:
        raise InvalidSql("Write all parameters in one form: ?, $1 or $name.", ReasonCode.PARAMETERS)
    if named > len(numbered):
        raise Ungovernable("Write both ends of a slice, such as list[1:n].", ReasonCode.CONSTRUCT)


def _refused_node(name: str) -> Ungovernable:
    advice = _INSTEAD.get(name, "Write it in a plainer form.")
    return Ungovernable(
        f"The statement uses a construct that is not supported ({name}). {advice}",
        Reason(ReasonCode.CONSTRUCT, name.lower()),
    )


def _check_functions(syntax: Syntax, dialect: Dialect) -> None:
    for name in sorted(syntax.fields & dialect.refused.keys()):
        raise Ungovernable(
            f"The field {name[:60]} is also the name of a function that is not available: {dialect.refused[name]}.",
            Reason(ReasonCode.FUNCTION, name[:60]),
        )
    for name in sorted(syntax.tables):
        if name in dialect.functions and not dialect.functions[name].table:
            raise Ungovernable(
                f"The function {name[:60]} cannot stand in FROM.", Reason(ReasonCode.FUNCTION, name[:60])
            )
    for name in sorted(syntax.functions):
        if name not in dialect.functions:
            why = dialect.refused.get(name, "it is not on the list of functions known to be safe")
            raise Ungovernable(
                f"The function {name[:60]} is not available: {why}.", Reason(ReasonCode.FUNCTION, name[:60])
            )

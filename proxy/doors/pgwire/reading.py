"""One statement's words -> what it is: a command that the door answers itself, or a query for the gateway.

Rule kept here: a pure reading by a closed list of forms. What begins like one of them and is another is refused; what
is none of them is a query, and the gateway's business.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from proxy.doors.pgwire import portal_forms
from proxy.doors.pgwire.asking import asked
from proxy.doors.pgwire.commands import (
    Ask,
    Begin,
    Call,
    Command,
    Commit,
    Discard,
    ExplainPolicy,
    Modes,
    Nothing,
    Release,
    Reset,
    Rollback,
    RollbackTo,
    Savepoint,
    Set,
    Show,
    Stop,
)
from proxy.doors.pgwire.portal_forms import UNSUPPORTED
from proxy.doors.pgwire.refusals import Refused
from proxy.doors.pgwire.tokens import Kind, Part, Token, parts
from proxy.doors.pgwire.words import Words

FUNCTIONS: Mapping[str, tuple[int, ...]] = {
    "current_setting": (1, 2),
    "pg_advisory_unlock_all": (0,),
    "pg_backend_pid": (0,),
    "set_config": (3,),
}
"""Functions of the session that may be selected alone, and how many arguments they take."""
READ_ONLY = "25006"


_STOP = re.compile(
    r"SELECT\s+(?:pg_catalog\s*\.\s*)?(?P<what>pg_(?:cancel|terminate)_backend)\s*\(\s*(?:(?P<own>[0-9]{1,10})|pid)\s*\)"
    r"(?:\s+FROM\s+(?:pg_catalog\s*\.\s*)?pg_stat_activity\s+WHERE\s+pid\s*=\s*'?(?P<pid>[0-9]{1,10})'?)?\s*\Z",
    re.IGNORECASE,
)
"""Both ways in which tools stop a query of another connection of theirs."""
_PLAIN = re.compile(
    r"\s*(?:SELECT|WITH)\s(?!\s*(?:pg_catalog\s*\.\s*)?\"?(?:pg_(?:cancel|terminate)_backend|"
    + "|".join(FUNCTIONS)
    + r"))",
    re.I,
)
_PARTS = re.compile(r";|\$[0-9]")


def statements(sql: str) -> list[Command]:
    """What the statements of a text are. Raises `Refused`."""
    if _PLAIN.match(sql) and not _PARTS.search(sql):
        return [Ask(sql, 0)]  # as most are: one query, that nothing has to be looked for in
    return [read(sql, part) for part in parts(sql)]


def read(sql: str, part: Part) -> Command:
    """What one statement of a text is. Raises `Refused` for a form of a known command that is not offered."""
    words = Words(part.tokens)
    first = part.tokens[0]
    reader = _READERS.get(first.value) if first.kind is Kind.WORD else None
    if reader is not None:
        return reader(words, sql, part)
    return asked(sql, part.start, part.end, part.tokens)


# ------------------------------------------------------------------------------------------------------- transactions
def _begin(words: Words, _sql: str, _part: Part) -> Command:
    tag = "BEGIN"
    if words.take("START"):
        words.need("TRANSACTION")
        tag = "START TRANSACTION"
    else:
        words.need("BEGIN")
        words.take("WORK", "TRANSACTION")
    _modes(words)
    return Begin(tag)


def _modes(words: Words) -> None:
    """Transaction modes: what a read-only session that reads what is committed can keep."""
    while not words.done:
        words.comma()
        if words.take("READ"):
            if words.take("WRITE"):
                raise Refused(READ_ONLY, "Sessions are read-only.", "Leave READ WRITE out: nothing can be written.")
            words.need("ONLY")
        elif words.take("ISOLATION"):
            words.need("LEVEL")
            if words.take("READ"):
                words.need("COMMITTED", "UNCOMMITTED")
                continue
            raise Refused(
                UNSUPPORTED,
                "Each statement sees what is committed when it begins: no stricter isolation is offered.",
                "Use READ COMMITTED, or one statement.",
            )
        else:
            words.take("NOT")
            words.need("DEFERRABLE")


def _commit(words: Words, _sql: str, _part: Part) -> Command:
    words.need("COMMIT", "END")
    if words.take("PREPARED"):
        raise Refused(UNSUPPORTED, "Two-phase commits are not offered.", "Use COMMIT.")
    words.take("WORK", "TRANSACTION")
    return Commit(_chain(words))


def _chain(words: Words) -> bool:
    chain = False
    if words.take("AND"):
        chain = not words.take("NO")
        words.need("CHAIN")
    words.end()
    return chain


def _rollback(words: Words, _sql: str, _part: Part) -> Command:
    words.need("ROLLBACK", "ABORT")
    if words.take("PREPARED"):
        raise Refused(UNSUPPORTED, "Two-phase commits are not offered.", "Use ROLLBACK.")
    words.take("WORK", "TRANSACTION")
    if words.take("TO"):
        words.take("SAVEPOINT")
        return RollbackTo(words.last_name())
    return Rollback(_chain(words))


def _savepoint(words: Words, _sql: str, _part: Part) -> Command:
    words.need("SAVEPOINT")
    return Savepoint(words.last_name())


def _release(words: Words, _sql: str, _part: Part) -> Command:
    words.need("RELEASE")
    words.take("SAVEPOINT")
    return Release(words.last_name())


# ----------------------------------------------------------------------------------------------------------- settings
def _set(words: Words, _sql: str, _part: Part) -> Command:
    words.need("SET")
    local = words.take("LOCAL")
    session = not local and words.take("SESSION")
    if session and words.take("CHARACTERISTICS"):
        words.need("AS")
        words.need("TRANSACTION")
        _modes(words)
        return Modes()
    if words.take("TRANSACTION"):
        _modes(words)
        return Modes()
    if words.take("TIME"):
        words.need("ZONE")
        return Set("timezone", _value(words, {"LOCAL": None}), local)
    if words.take("NAMES"):
        return Set("client_encoding", _value(words) if not words.done else None, local)
    if words.peek("AUTHORIZATION") or words.peek("ROLE"):
        raise Refused(
            "42501",
            "Who asks is said by the token alone.",
            "Log in with that person's token; SET usher.token takes one from an app that may act for others.",
        )
    name = words.setting()
    if not words.take_sign("="):
        words.need("TO")
    return Set(name, _value(words), local)


def _value(words: Words, special: Mapping[str, None] | None = None) -> str | None:
    """The value of a SET: None for DEFAULT; a list is joined as PostgreSQL shows it."""
    if words.take("DEFAULT"):
        words.end()
        return None
    found = [words.value()]
    while words.comma():
        found.append(words.value())
    words.end()
    if special and len(found) == 1 and found[0].upper() in special:
        return None
    return ", ".join(found)


def _show(words: Words, _sql: str, _part: Part) -> Command:
    words.need("SHOW")
    if words.take("TIME"):
        words.need("ZONE")
        words.end()
        return Show("timezone", "TimeZone")
    if words.take("TRANSACTION"):
        words.need("ISOLATION")
        words.need("LEVEL")
        words.end()
        return Show("transaction_isolation", "transaction_isolation")
    if words.peek("SESSION"):
        words.need("SESSION")
        words.need("AUTHORIZATION")
        words.end()
        return Show("session_authorization", "session_authorization")
    name = words.setting()
    words.end()
    return Show(name, name)


def _reset(words: Words, _sql: str, _part: Part) -> Command:
    words.need("RESET")
    if words.take("ALL"):
        words.end()
        return Reset(None)
    if words.take("TIME"):
        words.need("ZONE")
        words.end()
        return Reset("timezone")
    if words.peek("SESSION") or words.peek("ROLE"):
        raise Refused("42501", "Who asks is said by the token alone.", "Log in again to be somebody else.")
    name = words.setting()
    words.end()
    return Reset(name)


def _discard(words: Words, _sql: str, _part: Part) -> Command:
    words.need("DISCARD")
    what = words.need("ALL", "PLANS", "SEQUENCES", "TEMP", "TEMPORARY")
    words.end()
    return Discard("TEMP" if what == "TEMPORARY" else what)


# -------------------------------------------------------------------------------------------------------------- others
def _explain(words: Words, sql: str, part: Part) -> Command:
    words.need("EXPLAIN")
    if words.take("POLICY"):
        return ExplainPolicy(portal_forms.rest(words, sql, part))
    raise Refused(
        UNSUPPORTED,
        "The warehouse's own plans would tell of rows that you may not see.",
        "EXPLAIN POLICY SELECT .. says what is read, filtered and masked.",
    )


def _unlisten(words: Words, _sql: str, _part: Part) -> Command:
    words.need("UNLISTEN")
    if not words.take_sign("*"):
        words.name()
    words.end()
    return Nothing("UNLISTEN")


def _select(_words: Words, sql: str, part: Part) -> Command:
    """SELECT of one function about the session, with texts or numbers; any other SELECT is a query."""
    stop = _STOP.match(sql[part.start : part.end])
    if stop is not None and (stop["own"] is None) == (stop["pid"] is not None):
        name = stop["what"].lower()
        return Stop(int(stop["own"] or stop["pid"]), name == "pg_terminate_backend", name)
    return session_call(part.tokens) or asked(sql, part.start, part.end, part.tokens)


def session_call(given: tuple[Token, ...]) -> Call | None:
    """`SELECT [pg_catalog.]function(..) [AS name]`, or None."""
    words = list(given[1:])
    if len(words) > 2 and words[0].value.lower() == "pg_catalog" and words[1].value == ".":
        words = words[2:]
    if len(words) < 3 or words[1].value != "(" or words[0].written.lower() not in FUNCTIONS:
        return None
    function = words[0].written.lower()
    arguments: list[str] = []
    at = 2
    while at < len(words) and (words[at].value != ")" or words[at].kind is not Kind.SIGN):
        token = words[at]
        plain = token.kind is Kind.TEXT or token.value in ("TRUE", "FALSE", "NULL")
        follows = words[at + 1 : at + 2]
        if not plain or not follows or follows[0].value not in (",", ")"):
            return None
        arguments.append(token.value)
        at += 2 if follows[0].value == "," else 1
    if at >= len(words):
        return None
    column, rest = function, words[at + 1 :]
    if rest:
        named = rest[1:] if rest[0].value == "AS" else rest
        if len(named) != 1 or named[0].kind not in (Kind.WORD, Kind.QUOTED):
            return None
        column = named[0].value if named[0].kind is Kind.QUOTED else named[0].written.lower()
    return Call(function, tuple(arguments), column) if len(arguments) in FUNCTIONS[function] else None


_READERS: Mapping[str, Callable[[Words, str, Part], Command]] = {
    "ABORT": _rollback,
    "BEGIN": _begin,
    "CLOSE": portal_forms.close,
    "COMMIT": _commit,
    "COPY": portal_forms.copy,
    "DEALLOCATE": portal_forms.deallocate,
    "DECLARE": portal_forms.declare,
    "DISCARD": _discard,
    "END": _commit,
    "EXPLAIN": _explain,
    "FETCH": portal_forms.fetch,
    "MOVE": portal_forms.fetch,
    "RELEASE": _release,
    "RESET": _reset,
    "ROLLBACK": _rollback,
    "SAVEPOINT": _savepoint,
    "SELECT": _select,
    "SET": _set,
    "SHOW": _show,
    "START": _begin,
    "UNLISTEN": _unlisten,
}

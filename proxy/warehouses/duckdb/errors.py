"""DuckDB's errors, told in our own words.

Rule kept here: no text of the engine ever passes, because it quotes values and policy text. What is kept of a message
is its class, and names that the engine's binder quotes from the statement itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import duckdb

from proxy.errors import GatewayError, InvalidSql, QueryFailed, QueryTimeout, WarehouseUnavailable
from proxy.values import Reason, ReasonCode

ENGINE = "The warehouse could not compute this statement. Simplify it, or try parts of it to find the one that fails."
CONVERSION = (
    "A value could not be converted to the type that the statement asks for. Use TRY_CAST, which gives NULL instead, "
    "and compare columns with values of their own type."
)
RANGE = "A number or date in the statement's work is out of range. Cast to a wider type, such as DOUBLE or HUGEINT."
DIVISION = "The statement divides by zero. Write x // NULLIF(y, 0) or x % NULLIF(y, 0)."
MEMORY = (
    "The statement needs more memory than the warehouse gives. Select fewer columns, filter more rows, or aggregate "
    "before sorting and joining."
)
DOWN = "The warehouse cannot be read at the moment. Try again; if it stays so, tell whoever runs the gateway."
CHANGED = "The warehouse's tables do not fit the statement: the warehouse may have changed. Try again."
BINDING = "The statement's expressions do not fit together: check the types and the arguments of functions."

CLASSES: Mapping[type[BaseException], tuple[type[GatewayError], ReasonCode, str]] = {
    duckdb.Error: (QueryFailed, ReasonCode.ENGINE_ERROR, ENGINE),
    duckdb.DatabaseError: (QueryFailed, ReasonCode.ENGINE_ERROR, ENGINE),
    duckdb.DataError: (QueryFailed, ReasonCode.ENGINE_ERROR, ENGINE),
    duckdb.ProgrammingError: (QueryFailed, ReasonCode.ENGINE_ERROR, ENGINE),
    duckdb.NotSupportedError: (QueryFailed, ReasonCode.ENGINE_ERROR, ENGINE),
    duckdb.IntegrityError: (QueryFailed, ReasonCode.ENGINE_ERROR, ENGINE),
    duckdb.ConstraintException: (QueryFailed, ReasonCode.ENGINE_ERROR, ENGINE),
    duckdb.DependencyException: (QueryFailed, ReasonCode.ENGINE_ERROR, ENGINE),
    duckdb.InvalidInputException: (QueryFailed, ReasonCode.ENGINE_ERROR, ENGINE),
    duckdb.InvalidTypeException: (QueryFailed, ReasonCode.ENGINE_ERROR, ENGINE),
    duckdb.NotImplementedException: (QueryFailed, ReasonCode.ENGINE_ERROR, ENGINE),
    duckdb.PermissionException: (QueryFailed, ReasonCode.ENGINE_ERROR, ENGINE),
    duckdb.SequenceException: (QueryFailed, ReasonCode.ENGINE_ERROR, ENGINE),
    duckdb.SerializationException: (QueryFailed, ReasonCode.ENGINE_ERROR, ENGINE),
    duckdb.TransactionException: (QueryFailed, ReasonCode.ENGINE_ERROR, ENGINE),
    duckdb.ResourceInUseException: (QueryFailed, ReasonCode.ENGINE_ERROR, ENGINE),
    duckdb.ConversionException: (QueryFailed, ReasonCode.CONVERSION, CONVERSION),
    duckdb.TypeMismatchException: (QueryFailed, ReasonCode.CONVERSION, CONVERSION),
    duckdb.OutOfRangeException: (QueryFailed, ReasonCode.OUT_OF_RANGE, RANGE),
    duckdb.OutOfMemoryException: (QueryFailed, ReasonCode.ENGINE_ERROR, MEMORY),
    duckdb.BinderException: (QueryFailed, ReasonCode.ENGINE_ERROR, BINDING),
    duckdb.CatalogException: (QueryFailed, ReasonCode.ENGINE_ERROR, CHANGED),
    duckdb.ParserException: (InvalidSql, ReasonCode.SYNTAX, "The statement is not valid SQL for this warehouse."),
    duckdb.SyntaxException: (InvalidSql, ReasonCode.SYNTAX, "The statement is not valid SQL for this warehouse."),
    duckdb.InterruptException: (QueryTimeout, ReasonCode.STATEMENT_TIMEOUT, "The statement was stopped."),
    duckdb.OperationalError: (WarehouseUnavailable, ReasonCode.WAREHOUSE_DOWN, DOWN),
    duckdb.InternalError: (WarehouseUnavailable, ReasonCode.WAREHOUSE_DOWN, DOWN),
    duckdb.InternalException: (WarehouseUnavailable, ReasonCode.WAREHOUSE_DOWN, DOWN),
    duckdb.FatalException: (WarehouseUnavailable, ReasonCode.WAREHOUSE_DOWN, DOWN),
    duckdb.IOException: (WarehouseUnavailable, ReasonCode.WAREHOUSE_DOWN, DOWN),
    duckdb.HTTPException: (WarehouseUnavailable, ReasonCode.WAREHOUSE_DOWN, DOWN),
    duckdb.ConnectionException: (WarehouseUnavailable, ReasonCode.WAREHOUSE_DOWN, DOWN),
}
"""Every class of the driver, and what a caller is told of it."""

# Errors in the middle of a result come through Arrow, which keeps of the class only the title before the first colon.
TITLES: Mapping[str, type[BaseException]] = {
    "Binder Error": duckdb.BinderException,
    "Catalog Error": duckdb.CatalogException,
    "Connection Error": duckdb.ConnectionException,
    "Constraint Error": duckdb.ConstraintException,
    "Conversion Error": duckdb.ConversionException,
    "Dependency Error": duckdb.DependencyException,
    "FATAL Error": duckdb.FatalException,
    "HTTP Error": duckdb.HTTPException,
    "INTERNAL Error": duckdb.InternalException,
    "INTERRUPT Error": duckdb.InterruptException,
    "IO Error": duckdb.IOException,
    "Invalid Input Error": duckdb.InvalidInputException,
    "Invalid type Error": duckdb.InvalidTypeException,
    "Mismatch Type Error": duckdb.TypeMismatchException,
    "Not implemented Error": duckdb.NotImplementedException,
    "Out of Memory Error": duckdb.OutOfMemoryException,
    "Out of Range Error": duckdb.OutOfRangeException,
    "Parser Error": duckdb.ParserException,
    "Permission Error": duckdb.PermissionException,
    "Serialization Error": duckdb.SerializationException,
    "Syntax Error": duckdb.SyntaxException,
    "TransactionContext Error": duckdb.TransactionException,
}

FATAL = (duckdb.FatalException, duckdb.InternalException)
"""Classes after which the engine refuses further work on the same instance."""

_NAME = r"[^\W\d]\w{0,99}"
_TYPE = r"[A-Z][A-Z0-9_]{0,40}"
_UNKNOWN = re.compile(
    rf'Binder Error: (?:Referenced column "({_NAME})" not found|'
    rf'Table "{_NAME}" does not have a column named "({_NAME})")'
)
_AMBIGUOUS = re.compile(rf'Binder Error: Ambiguous reference to column name "({_NAME})"')
_GROUP = re.compile(rf'Binder Error: column "({_NAME})" must appear in the GROUP BY clause')
_COMPARE = re.compile(rf"Binder Error: Cannot compare values of type ({_TYPE}) and type ({_TYPE}) - ")
_CALL = re.compile(rf"Binder Error: No function matches the given name and argument types '({_NAME})\(")


def title_class(error: BaseException) -> type[BaseException]:
    """The driver's class of an error, also where Arrow handed it on as an `OSError`."""
    if isinstance(error, duckdb.Error):
        return type(error)
    return TITLES.get(str(error).partition(":")[0], duckdb.Error)


def mapped(error: BaseException) -> GatewayError:
    """What a caller is told of an engine error; the original must be chained by the raiser, and is only logged."""
    kind = title_class(error)
    message = str(error)
    if issubclass(kind, duckdb.BinderException):
        told = _binder(message)
        if told is not None:
            return told
    if issubclass(kind, duckdb.InvalidInputException) and message.startswith(
        "Invalid Input Error: Division by zero in expression"
    ):
        return QueryFailed(DIVISION, ReasonCode.DIVISION_BY_ZERO, sqlstate="22012")
    known = next((c for c in kind.__mro__ if c in CLASSES), duckdb.Error)
    made, reason, text = CLASSES[known]
    return made(text, reason, sqlstate=_SQLSTATES.get(reason))


_SQLSTATES: Mapping[ReasonCode, str] = {ReasonCode.CONVERSION: "22P02", ReasonCode.OUT_OF_RANGE: "22003"}


def _binder(message: str) -> GatewayError | None:
    """The binder quotes names and types from the statement, never data; each form that is let through is listed."""
    if found := _UNKNOWN.match(message):
        name = found.group(1) or found.group(2)
        reason = Reason(ReasonCode.UNKNOWN_COLUMN, name)
        return InvalidSql(f"There is no column {name} here.", reason, sqlstate="42703")
    if found := _AMBIGUOUS.match(message):
        reason = Reason(ReasonCode.AMBIGUOUS_NAME, found.group(1))
        return InvalidSql(f"The column {found.group(1)} is ambiguous: write table.column.", reason, sqlstate="42702")
    if found := _GROUP.match(message):
        text = f"The column {found.group(1)} must stand in GROUP BY or in an aggregate function."
        return InvalidSql(text, ReasonCode.SYNTAX, sqlstate="42803")
    if found := _COMPARE.match(message):
        text = f"{found.group(1)} and {found.group(2)} cannot be compared: cast one of them."
        return InvalidSql(text, ReasonCode.CONVERSION, sqlstate="42883")
    if found := _CALL.match(message):
        text = (
            f"The function {found.group(1)} does not take arguments of these types: check their number, or cast them."
        )
        return InvalidSql(text, Reason(ReasonCode.FUNCTION, found.group(1)), sqlstate="42883")
    return None

"""What clients send, read with a limit and a deadline, and checked against its schema.

Rule kept here: a body is UTF-8 JSON, whole, in time and under the size limit, without repeated names or numbers that no
engine holds, or it is refused with what to mend. Nothing is guessed.
"""

from __future__ import annotations

import json
import math
from typing import Annotated, Any, NoReturn, TypeAlias, TypeVar

import anyio
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationError,
)
from starlette.requests import Request

from proxy.doors.http.problems import HttpCode, HttpRefusal, invalid

_DRAINED = 16 * 1024**2
"""Bytes of an oversized body that are read and thrown away, so that its sender gets to read the refusal."""
_LEAST, _MOST = -(2**127), 2**128 - 1

Parameter: TypeAlias = StrictBool | StrictInt | StrictFloat | StrictStr | None


def _plain(given: Any) -> Any:
    """One mistake told instead of one for each type that a parameter is not."""
    values = given.values() if isinstance(given, dict) else given
    if not isinstance(given, list | dict) or not all(
        v is None or isinstance(v, bool | int | float | str) for v in values
    ):
        raise ValueError("must be a list or an object of text, numbers, booleans and null")
    return given


class PlanBody(BaseModel):
    """A statement to decide on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sql: StrictStr = Field(description="One statement in the warehouse's own SQL.")
    warehouse: StrictStr | None = Field(default=None, description="Left out: the default warehouse.")


class QueryBody(PlanBody):
    """A statement to run."""

    parameters: Annotated[list[Parameter] | dict[str, Parameter], BeforeValidator(_plain)] = Field(
        default_factory=list, description="Values for $1, $2, .. in order, or for $name by name."
    )
    max_rows: int | None = Field(
        default=None, ge=0, strict=True, description="Cut the answer after so many rows, and say so in `truncated`."
    )


M = TypeVar("M", bound=BaseModel)


async def read_json(request: Request, model: type[M], most: int, timeout_s: float) -> M:
    """The request's body as `model`. `most` in bytes. Raises `HttpRefusal`."""
    _check_type(request)
    try:
        with anyio.fail_after(timeout_s):
            raw = await _read(request, most)
    except TimeoutError:
        detail = f"The body did not arrive within {timeout_s:g} seconds; send it again, whole."
        raise HttpRefusal(HttpCode.REQUEST_TIMEOUT, detail, {"Connection": "close"}) from None
    try:
        return model.model_validate(_parse(raw))
    except ValidationError as error:
        raise invalid(error.errors(include_url=False, include_context=False, include_input=False)) from None


def _check_type(request: Request) -> None:
    given, _, rest = request.headers.get("content-type", "").partition(";")
    charset = rest.strip().lower().replace('"', "")
    if given.strip().lower() != "application/json" or charset not in ("", "charset=utf-8"):
        detail = "Send the body as UTF-8 JSON, with the header Content-Type: application/json."
        raise HttpRefusal(HttpCode.UNSUPPORTED_MEDIA_TYPE, detail)
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise HttpRefusal(HttpCode.UNSUPPORTED_MEDIA_TYPE, "Send the body without a Content-Encoding.")


async def _read(request: Request, most: int) -> bytes:
    body = bytearray()
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= most:
            body += chunk
        elif size > _DRAINED:
            break
    if size > most:
        detail = f"The body is larger than {most:,} bytes (doors.http.max_body_bytes); send a shorter statement."
        raise HttpRefusal(HttpCode.REQUEST_TOO_LARGE, detail, {"Connection": "close"})
    return bytes(body)


def _parse(raw: bytes) -> Any:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        detail = f"The body is not UTF-8 (byte {error.start}); encode it as UTF-8."
        raise HttpRefusal(HttpCode.INVALID_REQUEST, detail) from None
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_constant=_constant, parse_int=_integer, parse_float=_float
        )
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as error:
        detail = f"The body is not JSON (line {error.lineno}, column {error.colno}: {error.msg})."
        raise HttpRefusal(HttpCode.INVALID_REQUEST, detail) from None
    except UnicodeEncodeError:
        detail = "The body holds half of a surrogate pair (\\ud800 to \\udfff), which is no character; leave it out."
        raise HttpRefusal(HttpCode.INVALID_REQUEST, detail) from None
    except RecursionError:
        raise HttpRefusal(HttpCode.INVALID_REQUEST, "The body is nested too deeply; flatten it.") from None
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise HttpRefusal(HttpCode.INVALID_REQUEST, "The body holds a name twice in one object; send each once.")
    return members


def _constant(_: str) -> NoReturn:
    raise HttpRefusal(HttpCode.INVALID_REQUEST, "NaN and Infinity are not JSON; send them as text and cast in SQL.")


def _float(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise HttpRefusal(
            HttpCode.INVALID_REQUEST, "A number is too large for a double; send it as text and cast in SQL."
        )
    return value


def _integer(digits: str) -> int:
    if len(digits) > 40 or not _LEAST <= int(digits) <= _MOST:
        raise HttpRefusal(
            HttpCode.INVALID_REQUEST, "An integer has more than 128 bits; send it as text and cast in SQL."
        )
    return int(digits)

"""`usher query`: a governed answer at the terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Group, RenderableType
from rich.text import Text

from proxy.cli import output, session, words
from proxy.errors import ConfigError

Sql = Annotated[str | None, typer.Argument(help="One SELECT statement; - reads it from standard input.")]
File = Annotated[Path | None, typer.Option("--file", "-f", help="Read the statement from a file.")]
Parameters = Annotated[
    list[str] | None,
    typer.Option("--param", "-p", help="A value for $1, $2, ..; JSON where it is JSON, else text. Repeat it."),
]


def query(
    sql: Sql = None,
    file: File = None,
    param: Parameters = None,
    max_rows: Annotated[int, typer.Option("--max-rows", min=0, help="Cut the answer after so many rows.")] = 100,
    warehouse: session.Warehouse = None,
    name: session.As = None,
    app: session.ThroughApp = None,
    token: session.Token = None,
    config: session.Config = None,
    url: session.Url = None,
    as_json: output.Json = False,
) -> None:
    """Run a query as the person a token names, and say what was withheld.

    Without --url it runs in this process, on the settings file; with it, on a running gateway.

    Examples:

        usher query --as analyst "SELECT region, COUNT(*) FROM sales.customers GROUP BY region"

        usher query --as hr --app none "SELECT name, salary FROM people.employees WHERE department = $1" -p Finance

        echo "SELECT 1" | USHER_TOKEN=... usher query --url http://127.0.0.1:8080 - --json
    """
    body: dict[str, Any] = {"sql": statement(sql, file), "max_rows": max_rows, "parameters": values(param)}
    body |= {"warehouse": warehouse} if warehouse else {}
    answer = output.run(_asked(config, url, session.user_token(config, token, name, app), body))
    if as_json:
        output.emit(answer)
    else:
        output.out().print(rendered(answer))


async def _asked(config: Path | None, url: str | None, token: str, body: Mapping[str, Any]) -> dict[str, Any]:
    async with session.session(config, url, token) as gateway:
        return await gateway.post("/v1/query", body)


def statement(sql: str | None, file: Path | None) -> str:
    """The SQL a command was given. Raises `ConfigError` where there is none, or more than one."""
    if (sql is None) == (file is None):
        raise ConfigError(["give one statement: as the argument, by --file, or - for standard input"])
    try:
        if file is not None:
            return file.read_text(encoding="utf-8")
        return sys.stdin.buffer.read().decode("utf-8") if sql == "-" else str(sql)
    except UnicodeDecodeError as error:
        raise ConfigError(["the statement is not UTF-8 text; save it as UTF-8"]) from error
    except OSError as error:
        raise ConfigError([f"{file}: cannot be read: {error.strerror}"]) from error


def values(given: list[str] | None) -> list[Any]:
    """Parameters as the door takes them."""
    return [_value(text) for text in given or ()]


def _value(text: str) -> Any:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return value if value is None or isinstance(value, bool | int | float | str) else text


def rendered(answer: Mapping[str, Any]) -> RenderableType:
    """An answer for people: rows, then what they do not show."""
    heads = [str(c["name"]) + (" (masked)" if c["masked"] else "") for c in answer["columns"]]
    return Group(output.table(heads, answer["rows"]), *notes(answer))


def notes(answer: Mapping[str, Any]) -> list[Text]:
    """What stands under the rows of an answer."""
    count = answer["row_count"]
    cut = ", cut there by --max-rows" if answer["truncated"] else ""
    lines = [Text(f"{count} row{'s' if count != 1 else ''}{cut}", style="dim")]
    lines += [Text.assemble(("withheld  ", "yellow"), text) for text in words.withheld(answer["withheld"])]
    scan = answer.get("scan") or {}
    lines += [Text.assemble(("scan      ", "yellow"), words.finding(f)) for f in scan.get("findings", ())]
    lines.append(Text(f"decision  {answer['decision']['id']}", style="dim"))
    return lines

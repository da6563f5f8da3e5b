"""What is printed: safe for terminals, one JSON document, and the right exit code for each error."""

from __future__ import annotations

import asyncio

import pytest
import typer
from rich.text import Text

from proxy import errors
from proxy.cli import output
from proxy.errors import ConfigError, GatewayError
from proxy.values import Reason, ReasonCode


def test_control_characters_cannot_drive_the_terminal() -> None:
    assert output.plain("a\x1b[31mred\x07\r").plain == "a\\x1b[31mred\\x07\\x0d"


def test_markup_in_data_stays_text(capsys: pytest.CaptureFixture[str]) -> None:
    output.out().print(output.table(["[bold]x"], [["[red]y[/red]"], [None]]))
    printed = capsys.readouterr().out
    assert "[bold]x" in printed
    assert "[red]y[/red]" in printed
    assert "NULL" in printed


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError(["x"]), output.CONFIG),
        (errors.Denied("x"), output.REFUSED),
        (errors.InvalidSql("x"), output.REFUSED),
        (errors.LimitExceeded("x"), output.REFUSED),
        (errors.QueryTimeout("x"), output.REFUSED),
        (errors.WarehouseUnavailable("x"), output.UNAVAILABLE),
        (errors.AuditError("x"), output.UNAVAILABLE),
        (output.Refused(403, {}), output.REFUSED),
        (output.Refused(503, {}), output.UNAVAILABLE),
    ],
)
def test_exit_codes(error: ConfigError | GatewayError | output.Refused, code: int) -> None:
    assert output.exit_code(error) == code


def test_an_error_tells_reasons_and_decision(capsys: pytest.CaptureFixture[str]) -> None:
    error = errors.Denied("Ask the owner.", Reason(ReasonCode.NO_GRANT, "shop.sales"))
    error.decision_id = "0190"
    output.show(error)
    printed = capsys.readouterr().err
    assert "Not allowed. Ask the owner." in printed
    assert "no-grant (shop.sales)" in printed
    assert "decision: 0190" in printed


def test_a_refusal_of_a_gateway_reads_as_our_own() -> None:
    problem = {
        "code": "denied",
        "title": "Not allowed",
        "detail": "No.",
        "reasons": [{"code": "no-grant", "about": "x"}],
    }
    assert output.document(output.Refused(403, problem)) == {
        "error": {
            "code": "denied",
            "detail": "No.",
            "reasons": [{"code": "no-grant", "about": "x"}],
            "decision_id": None,
        }
    }
    assert output.document(ConfigError(["a", "b"])) == {"error": {"code": "config", "problems": ["a", "b"]}}


def test_ctrl_c_during_a_command_ends_with_130() -> None:
    async def interrupted() -> None:
        await asyncio.sleep(0)
        raise KeyboardInterrupt

    with pytest.raises(typer.Exit) as caught:
        output.run(interrupted())
    assert caught.value.exit_code == output.INTERRUPTED


def test_broken_names_the_place_and_no_value() -> None:
    try:
        raise ValueError("a value")
    except ValueError as error:
        told = output.broken(error)
    assert "ValueError at test_output.py:" in told
    assert "a value" not in told


def test_table_cells_may_be_styled() -> None:
    assert output.table(["a"], [[Text("x", style="red")]]).row_count == 1

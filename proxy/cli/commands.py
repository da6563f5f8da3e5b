"""The tree of commands.

Rule kept here: a command is one function of one module; this module only names them.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from proxy.cli import access, audit, classify, demo, doctor, explain, output, policy, query, serve, token

app = typer.Typer(
    name="usher",
    epilog=output.EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
)
policies = typer.Typer(help="Check, test and describe policies.", no_args_is_help=True)
audits = typer.Typer(help="Read the audit log and prove that it is whole.", no_args_is_help=True)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"usher {version('sqlusher')}")
        raise typer.Exit(output.OK)


@app.callback()
def usher(
    _: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and exit.")
    ] = False,
) -> None:
    """A SQL gateway that runs every query with what its end user may see. Begin with: usher demo"""


app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("token")(token.token)
app.command("query")(query.query)
app.command("explain")(explain.explain)
app.command("can")(access.can)
app.command("who-can")(access.who_can)
app.command("classify")(classify.classify)
app.command("doctor")(doctor.doctor)
app.add_typer(policies, name="policy")
policies.command("check")(policy.check)
policies.command("test")(policy.run_tests)
policies.command("schema")(policy.schema)
app.add_typer(audits, name="audit")
audits.command("tail")(audit.tail_)
audits.command("verify")(audit.verify_)

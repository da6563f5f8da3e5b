"""`usher token`: a token of the demo's issuer."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from proxy.cli import output, session
from proxy.demo.people import PEOPLE

DAY_S = 86_400


def token(
    name: Annotated[str, typer.Option("--as", help=f"Who: {', '.join(PEOPLE)}.")],
    app: session.ThroughApp = None,
    lifetime: Annotated[int, typer.Option("--lifetime", min=1, max=DAY_S, help="Seconds until it expires.")] = 3600,
    config: session.Config = None,
    as_json: output.Json = False,
) -> None:
    """Print a token for a person of the demo.

    Only the demo has an issuer of its own; elsewhere tokens come from your identity provider.

    Examples:

        usher token --as analyst

        curl -H "Authorization: Bearer $(usher token --as hr)" http://127.0.0.1:8080/v1/catalog

        export USHER_TOKEN=$(usher token --as support --app none)
    """
    made = session.demo_token(config, name, app, lifetime)
    if as_json:
        output.emit({"token": made, "subject": name, "expires_in": lifetime})
    else:
        sys.stdout.write(made + "\n")

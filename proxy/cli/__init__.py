"""The `usher` command: every mistake is told without a stack trace, and exit codes are for scripts."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from proxy.cli import output
from proxy.cli.commands import app
from proxy.errors import ConfigError, GatewayError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and answer its exit code; every error a person can meet is told without a stack trace."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        app(args=given, prog_name="usher")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else output.OK if ended.code is None else output.CONFIG
    except (ConfigError, GatewayError, output.Refused) as error:
        if "--json" in given:
            output.emit(output.document(error))
        else:
            output.show(error)
        return output.exit_code(error)
    except KeyboardInterrupt:
        return output.INTERRUPTED
    except Exception as error:  # the outermost loop of the command line: nobody is shown a stack trace
        output.err().print(output.broken(error), markup=False, soft_wrap=True)
        return output.BROKEN
    return output.OK

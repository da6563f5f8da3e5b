"""`python -m proxy.cli`: the command line without its installed script."""

import sys

from proxy.cli import main

sys.exit(main())

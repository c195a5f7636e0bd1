"""`python -m service`: the door of the command line. Everything is in cli.py."""

from __future__ import annotations

import sys

from service.cli import main

if __name__ == "__main__":
    sys.exit(main())

"""Lets `python -m syncd` stand for the installed command."""

from __future__ import annotations

from syncd.cli.app import main

if __name__ == "__main__":
    main()

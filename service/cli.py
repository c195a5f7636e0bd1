"""The command line: which commands and options there are, and what exit codes mean.

Only argparse is imported here, since `--help` has to answer at once; a command brings its own imports when it runs.
Exit codes: 0 all well, 1 something failed, 2 the command was not understood or is refused.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

EXIT_CODES = "exit codes: 0 all well · 1 something failed, some records included · 2 usage, or refused"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    arguments = make_parser().parse_args(argv)
    if arguments.command == "serve":
        from service.serve import serve

        return serve(arguments.host, arguments.port)
    from service.archive import tag

    return tag(arguments)


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="python -m service",
        description="Caibian 采编: splits newspaper pages into articles, tags their topics and summarises them.",
        epilog=f"{EXIT_CODES}. Settings: CAIBIAN_* environment variables, see docs/settings.md.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_serve(commands.add_parser("serve", help="run the HTTP service and the web page", epilog=EXIT_CODES))
    _add_tag(commands.add_parser("tag", help="tag files and folders into one JSONL file", epilog=EXIT_CODES))
    return parser


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=8000, help="port to listen on, 0 for any (default: %(default)s)")


def _add_tag(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Reads text, tables, web pages, Word, PDF, news XML and archives of them (docs/formats.md), and folders in sorted "
        "order, and writes one record a line. "
        "Stopped at any point, it goes on where it was when run again with the same arguments."
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="file or folder")
    parser.add_argument("-o", "--output", required=True, metavar="OUT.jsonl", help="appears when all is done")
    parser.add_argument("--pages", action="store_true", help="a text file is a newspaper page, not one article")
    parser.add_argument(
        "--length", choices=("headline", "brief"), default="brief", help="of summaries (default: %(default)s)"
    )
    parser.add_argument("--no-summaries", dest="summaries", action="store_false", help="topics only")
    parser.add_argument("--limit", type=_count, metavar="N", help="stop after the first N records")
    parser.add_argument("--restart", action="store_true", help="drop what an earlier run wrote to OUT and start over")


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 0 to 65535")
    return int(text)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no count: give a number from 1 up")
    return int(text)


def say(sentence: str) -> None:
    """A line for the person at the terminal; stdout is left to data."""
    print(sentence, file=sys.stderr, flush=True)

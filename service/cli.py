"""The command line: which commands and options there are, and what exit codes mean.

Only argparse and what is as light is imported here, since `--help` has to answer at once; a command brings its own
imports when it runs.
Exit codes: 0 all well, 1 something failed, 2 the command was not understood or is refused.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence

from service.tokens import POWERS

EXIT_CODES = "exit codes: 0 all well · 1 something failed, some records included · 2 usage, or refused"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    arguments = make_parser().parse_args(argv)
    if arguments.command == "serve":
        from service.serve import serve

        return serve(arguments.host, arguments.port)
    if arguments.command == "tag":
        from service.archive import tag

        return tag(arguments)
    if arguments.command == "tune":
        from service.tune import tune

        return tune(arguments)
    from service.office import run

    return run(arguments)


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
    _add_tune(commands.add_parser("tune", help="measure what `tag` does fastest on this machine", epilog=EXIT_CODES))
    _add_store(commands)
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
    parser.add_argument("paths", nargs="+", metavar="PATH", help="file, folder or pattern")
    parser.add_argument("-o", "--output", required=True, metavar="OUT.jsonl", help="appears when all is done")
    parser.add_argument("--pages", action="store_true", help="a text file is a newspaper page, not one article")
    parser.add_argument(
        "--length", choices=("headline", "brief"), default="brief", help="of summaries (default: %(default)s)"
    )
    parser.add_argument("--no-summaries", dest="summaries", action="store_false", help="topics only")
    reading = parser.add_mutually_exclusive_group()
    reading.add_argument(
        "--exact",
        action="store_true",
        help="no cascade: the encoder reads every article (same labels and reviews as HTTP)",
    )
    reading.add_argument("--whole", action="store_true", help="every window of every article: the very scores of HTTP")
    parser.add_argument(
        "--workers",
        type=_count,
        metavar="N",
        help="processes that work at once (default: what `tune` measured, else 1)",
    )
    parser.add_argument(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="processes here, or actors of Ray (default: %(default)s)",
    )
    parser.add_argument("--address", metavar="HOST:PORT", help="of a Ray that runs already; without it one is started")
    parser.add_argument("--limit", type=_count, metavar="N", help="stop after the first N records")
    parser.add_argument(
        "--sample", type=_count, metavar="N", help="N records drawn evenly from all, the same every time"
    )
    parser.add_argument("--dry-run", action="store_true", help="count, time a sample, estimate; write nothing")
    parser.add_argument(
        "--cost-per-core-hour",
        type=_price,
        metavar="PRICE",
        help="with --dry-run: what it would cost, in your currency",
    )
    parser.add_argument("--report", metavar="FILE.html", help="topic shares by year, as a page")
    parser.add_argument(
        "--dedupe", action="store_true", help="a text that nearly repeats an earlier one gets its record, not a new one"
    )
    parser.add_argument(
        "--dedupe-window",
        type=_count,
        default=50_000,
        metavar="N",
        help="how many texts --dedupe remembers, 4 KiB each (default: %(default)s)",
    )
    parser.add_argument(
        "--retag", metavar="OLD.jsonl", help="output of an earlier run: copy what still holds, tell what changed"
    )
    parser.add_argument(
        "--diff",
        action="append",
        default=[],
        metavar="FILE",
        help="with --retag: what changed, as .html or .json; may be given twice",
    )
    parser.add_argument("--restart", action="store_true", help="drop what an earlier run wrote to OUT and start over")


def _add_tune(parser: argparse.ArgumentParser) -> None:
    parser.description = "Measures processes, threads and tokens a batch; `tag` uses what won. No record changes by it."
    parser.add_argument("paths", nargs="*", metavar="PATH", help="articles to measure with (default: an invented one)")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--show", action="store_true", help="what was measured; nothing is done")
    action.add_argument("--reset", action="store_true", help="forget what was measured")


def _add_store(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The commands of office.py, which work on what is kept (docs/store.md, docs/keys.md)."""
    commands.add_parser("migrate", help="bring the database to the schema of this version", epilog=EXIT_CODES)
    commands.add_parser("purge", help="delete what is past its retention (CAIBIAN_RETENTION_DAYS)", epilog=EXIT_CODES)
    backup = commands.add_parser("backup", help="write everything that is kept into one file", epilog=EXIT_CODES)
    backup.add_argument("file", metavar="FILE", help="appears when it is whole; it holds articles: keep it safe")
    restore = commands.add_parser("restore", help="replace everything that is kept by a backup", epilog=EXIT_CODES)
    restore.add_argument("file", metavar="FILE", help="a file of `backup`, from either database")
    keys = commands.add_parser("keys", help="make, list and revoke API keys", epilog=EXIT_CODES)
    actions = keys.add_subparsers(dest="action", required=True, metavar="create|list|revoke")
    create = actions.add_parser("create", help="make a key; it is shown this once, on stdout")
    create.add_argument("--name", required=True, help="whom it is for")
    create.add_argument("--scope", choices=POWERS, default=POWERS[0], help="each may what those before it may")
    create.add_argument("--rate", metavar="N/UNIT", help="calls in a time: 60/minute, 5/s; a bare number is a minute's")
    create.add_argument("--quota", type=_count, metavar="N", help="calls a day (UTC)")
    create.add_argument("--expires", metavar="WHEN", help="90d, 12h, 2027-01-31 or a time in ISO 8601 (default: never)")
    listing = actions.add_parser("list", help="the keys, without their secrets")
    listing.add_argument("--json", action="store_true", help="as JSON Lines")
    revoke = actions.add_parser("revoke", help="revoke a key at once; its browser sessions end, too")
    revoke.add_argument("key", metavar="KEY", help="its id, or its name")
    corrections = commands.add_parser("corrections", help="what editors corrected", epilog=EXIT_CODES)
    actions = corrections.add_subparsers(dest="action", required=True, metavar="export")
    export = actions.add_parser("export", help="write them as training data")
    export.add_argument("-o", "--output", required=True, metavar="FILE", help="JSON Lines; appears when it is whole")
    export.add_argument(
        "--task",
        choices=("topics", "summaries", "pages"),
        help="only these: what `training` reads (default: all three)",
    )


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 0 to 65535")
    return int(text)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no count: give a number from 1 up")
    return int(text)


def _price(text: str) -> float:
    try:
        price = float(text)
    except ValueError:
        price = -1.0
    if not 0 <= price < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no price: give a number from 0 up")
    return price


def say(sentence: str) -> None:
    """A line for the person at the terminal; stdout is left to data."""
    print(sentence, file=sys.stderr, flush=True)

"""The command line of eval: `python -m eval COMMAND` (topics, summaries, pages, robustness, evidence, bench, score, …).

Owns the arguments and the exit codes (0 well, 1 a file or disk failed or a figure is under its floor of `--gate`, 2 what was
handed in cannot be measured) and nothing else; everything heavy is imported after the arguments are read, so `--help` is
quick.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from models.errors import BadInput, CaibianError, of_disk

if TYPE_CHECKING:
    from eval.result import Result

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
TASKS = ("topics", "summaries", "pages")


def make_parser() -> argparse.ArgumentParser:
    """All commands and options."""
    parser = argparse.ArgumentParser(
        prog="python -m eval", description="Measure topics, summaries and page splitting, with intervals and floors."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    told = {
        "topics": "topics of a bundle against gold labels",
        "summaries": "summaries (or headlines) of a bundle against references",
        "pages": "the page splitter against gold articles",
    }
    for task in TASKS:
        one = commands.add_parser(task, help=told[task], description=told[task])
        one.add_argument("data", type=Path, metavar="DATA", help=".jsonl, .csv (also .gz) or .parquet")
        one.add_argument("--split", help="the rows whose column `split` has this value")
        if task != "pages":
            floor = "keywords" if task == "topics" else "lead"
            one.add_argument("--bundle", help=f'a bundle folder or "{floor}"; otherwise the published default')
        if task == "topics":
            one.add_argument("--floor-train", type=Path, metavar="FILE", help="training rows for the learned floors")
            one.add_argument(
                "--floor-encoder", metavar="BASE", help="base of the frozen-encoder floor; otherwise the bundle's own"
            )
        if task == "summaries":
            one.add_argument("--length", choices=("headline", "brief"), default="headline")
        one.add_argument(
            "--predictions", type=Path, metavar="FILE", help="write what the system said, one line an item"
        )
        one.add_argument("--json", type=Path, metavar="FILE", help="write the scores as one flat JSON object")
        one.add_argument("--out", type=Path, metavar="DIR", help="write predictions.jsonl, table.md, result.json")
        one.add_argument(
            "--gate", type=Path, metavar="FILE", help="floors that the figures must reach (.toml or .json)"
        )
    _add_robustness(commands)
    _add_evidence(commands)
    _add_bench(commands)
    _add_of_files(commands)
    _add_make_pages(commands)
    _add_speed(commands)
    return parser


def _add_robustness(commands: Commands) -> None:
    told_of = "what a system loses when articles are damaged or turned, edit by edit"
    robust = commands.add_parser("robustness", help=told_of, description=told_of)
    robust.add_argument("data", type=Path, metavar="DATA", help="a topic or summary set; labels make it a topic set")
    robust.add_argument("--task", choices=("topics", "summaries"), help="when the file could be either")
    robust.add_argument("--split", help="the rows whose column `split` has this value")
    robust.add_argument("--bundle", help='a bundle folder, "keywords" or "lead"; otherwise the published default')
    robust.add_argument("--length", choices=("headline", "brief"), default="headline")
    robust.add_argument("--limit", type=int, metavar="N", help="only the first N rows")
    robust.add_argument("--predictions", type=Path, metavar="FILE", help="write the answers to edited texts")
    robust.add_argument("--json", type=Path, metavar="FILE", help="write the losses as one JSON object")
    robust.add_argument("--out", type=Path, metavar="DIR", help="write predictions.jsonl, table.md, result.json")


def _add_evidence(commands: Commands) -> None:
    told_of = "does a label's score fall when its evidence is removed, and how much less for other sentences"
    evidence = commands.add_parser("evidence", help=told_of, description=told_of)
    evidence.add_argument("data", type=Path, metavar="DATA", help="a topic set")
    evidence.add_argument("--split", help="the rows whose column `split` has this value")
    evidence.add_argument("--bundle", help='a bundle folder or "keywords"; otherwise the published default')
    evidence.add_argument("--draws", type=int, default=5, metavar="N", help="random sets of sentences a label (5)")
    evidence.add_argument("--limit", type=int, metavar="N", help="only the first N rows")
    evidence.add_argument("--json", type=Path, metavar="FILE", help="write the figures as one JSON object")


def _add_bench(commands: Commands) -> None:
    told_of = "a public set with one label a text: TF-IDF and the frozen encoder of a bundle under a linear head"
    bench = commands.add_parser("bench", help=told_of, description=told_of)
    bench.add_argument("data", type=Path, metavar="DATA", help="rows of split, text, label; `test` is measured on")
    bench.add_argument("--train-split", default="train", metavar="S", help="the rows to learn from (train)")
    bench.add_argument("--bundle", help="a topics bundle; otherwise the published default")
    bench.add_argument("--json", type=Path, metavar="FILE", help="write the figures as one JSON object")


def _add_of_files(commands: Commands) -> None:
    score = commands.add_parser("score", help="score a prediction file against gold, joined by id; no model involved")
    score.add_argument("task", choices=TASKS)
    score.add_argument("predictions", type=Path, metavar="PREDICTIONS")
    score.add_argument("gold", type=Path, metavar="GOLD")
    score.add_argument("--split", help="the gold rows whose column `split` has this value")
    score.add_argument("--json", type=Path, metavar="FILE", help="write the scores as one flat JSON object")
    compare = commands.add_parser("compare", help="is run B better than run A? a paired test on the same items")
    compare.add_argument("run_a", type=Path, metavar="RUN_A", help="a folder written with --out, or a prediction file")
    compare.add_argument("run_b", type=Path, metavar="RUN_B")
    compare.add_argument("--task", choices=TASKS, help="for bare prediction files")
    compare.add_argument(
        "--gold", type=Path, metavar="FILE", help="for bare prediction files, or when the data has moved"
    )
    compare.add_argument("--split")
    compare.add_argument("--json", type=Path, metavar="FILE", help="write the differences as JSON")
    report = commands.add_parser(
        "report", help="one HTML page and one JSON file of runs written with --out, side by side"
    )
    report.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="a folder written with --out")
    report.add_argument("-o", "--output", type=Path, default=Path("report.html"), metavar="FILE", help="(report.html)")
    report.add_argument("--json", type=Path, metavar="FILE", help="where the JSON goes; otherwise beside the HTML")
    report.add_argument("--worst", type=int, default=20, metavar="N", help="how many of the worst items to show (20)")
    report.add_argument("--gold", type=Path, metavar="FILE", help="the data, when it has moved")


def _add_make_pages(commands: Commands) -> None:
    pages = commands.add_parser(
        "make-pages", help="join articles into newspaper pages with gold, for testing a splitter"
    )
    pages.add_argument("articles", type=Path, metavar="ARTICLES", help=".jsonl with headline and body")
    pages.add_argument("-n", type=int, default=10, help="how many pages (10)")
    pages.add_argument("--per-page", type=int, default=5, help="articles a page (5)")
    pages.add_argument("--seed", type=int, default=0)
    pages.add_argument("--split", help="the rows whose column `split` has this value")
    pages.add_argument(
        "--styles", default="all", metavar="first|dev|heldout|all|NAME", help="the house styles, taken by turns (all)"
    )
    pages.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")


def _add_speed(commands: Commands) -> None:
    told_of = "how fast it all is, against transformers on the same weights and against the machine's roof"
    speed = commands.add_parser("speed", help=told_of, description=told_of)
    speed.add_argument("data", type=Path, nargs="?", metavar="DATA", help="articles to read; otherwise invented ones")
    speed.add_argument("--split", help="the rows whose column `split` has this value")
    speed.add_argument("--quick", action="store_true", help="in less than 50 seconds on two cores")
    speed.add_argument("--threads", type=int, default=1, metavar="N", help="of every side (1)")
    speed.add_argument("--topics", type=Path, metavar="DIR", help="a topics bundle; otherwise the published default")
    speed.add_argument("--summaries", type=Path, metavar="DIR", help="a summaries bundle; otherwise the default")
    speed.add_argument("--peers", type=Path, metavar="DIR", help="virtual environments of other servers (docs/eval.md)")
    speed.add_argument("--json", type=Path, metavar="FILE", help="write the figures as one flat JSON object")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    args = make_parser().parse_args(arguments)
    command = shlex.join(["python", "-m", "eval", *arguments])
    try:
        if args.command == "compare":
            _compare(args)
        elif args.command == "report":
            _report(args)
        elif args.command == "robustness":
            _robustness(args, command)
        elif args.command == "evidence":
            _evidence(args)
        elif args.command == "bench":
            _bench(args)
        elif args.command == "speed":
            _speed(args)
        elif args.command == "make-pages":
            from eval.make_pages import write_pages

            n = write_pages(
                args.articles,
                args.output,
                n=args.n,
                per_page=args.per_page,
                seed=args.seed,
                split=args.split,
                styles=args.styles,
            )
            print(f"{n} pages in {args.output}")
        else:
            return _measure(args, command)
    except CaibianError as error:
        print(f"eval: {error.message}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"eval: {of_disk(error)}", file=sys.stderr)
        return 1
    return 0


def _measure(args: argparse.Namespace, command: str) -> int:
    from eval import gate

    scoring = args.command == "score"
    bounds: tuple[gate.Bound, ...] = ()
    if not scoring and args.gate:  # before the inference: a file that does not read fails at once
        brief = args.command == "summaries" and args.length == "brief"
        bounds = gate.read_bounds(args.gate, "briefs" if brief else args.command)
    module = import_module(f"eval.{args.task if scoring else args.command}")
    if scoring:
        result: Result = module.score(args.predictions, args.gold, args.split)
    else:
        _writable(args.json, args.predictions)
        names = {"topics": ("bundle", "floor_train", "floor_encoder"), "summaries": ("bundle", "length"), "pages": ()}[
            args.command
        ]
        result = module.run(args.data, args.split, **{name: getattr(args, name) for name in names})
    from eval.predictions import write_lines
    from eval.result import render, write_json, write_run

    print(render(result))
    if args.json:
        write_json(args.json, result.flat)
    if not scoring and args.predictions:
        write_lines(args.predictions, result.ids, result.outputs)
    if not scoring and args.out:
        write_run(result, args.out, command)
    if not bounds:
        return 0
    broken = gate.check(bounds, result.flat, args.gate)
    for told in broken:
        print(f"gate: {told}", file=sys.stderr)
    if not broken:
        print(f"gate: {len(bounds)} figures hold against {args.gate}")
    return 1 if broken else 0


def _robustness(args: argparse.Namespace, command: str) -> None:
    from eval import robustness
    from eval.result import write_json

    _writable(args.json, args.predictions)
    found = robustness.run(args.data, args.split, args.bundle, args.length, args.task, args.limit)
    print(robustness.render(found))
    if args.json:
        write_json(args.json, robustness.as_dict(found))
    if args.predictions:
        robustness.write_lines(found, args.predictions)
    if args.out:
        robustness.write_run(found, args.out, command)


def _evidence(args: argparse.Namespace) -> None:
    from eval import evidence
    from eval.result import write_json

    _writable(args.json)
    found = evidence.run(args.data, args.split, args.bundle, args.limit, args.draws)
    print(evidence.render(found))
    if args.json:
        write_json(args.json, evidence.as_dict(found))


def _bench(args: argparse.Namespace) -> None:
    from eval import bench
    from eval.result import write_json

    _writable(args.json)
    found = bench.run(args.data, args.train_split, args.bundle)
    print(bench.render(found))
    if args.json:
        write_json(args.json, bench.as_dict(found))


def _speed(args: argparse.Namespace) -> None:
    from eval import speed, speed_report
    from eval.result import write_json

    _writable(args.json)
    names = ("quick", "threads", "topics", "summaries", "peers")
    found = speed.run(args.data, args.split, **{name: getattr(args, name) for name in names})
    print(speed_report.render(found))
    if args.json:
        write_json(args.json, speed_report.as_flat(found))


def _report(args: argparse.Namespace) -> None:
    from eval.report import make_report

    side = args.json or args.output.with_suffix(".json")
    _writable(args.output, side)
    make_report(args.runs, args.output, side, worst=args.worst, gold=args.gold)
    print(f"{args.output} and {side}")


def _writable(*files: Path | None) -> None:
    """Fail before an hour of inference, not after it."""
    for file in files:
        if file is not None and not file.resolve().parent.is_dir():
            raise BadInput(f"there is no folder {file.resolve().parent} to write {file.name} into")


def _compare(args: argparse.Namespace) -> None:
    from eval.compare import compare, render
    from eval.result import write_json

    found = compare(args.run_a, args.run_b, task=args.task, gold=args.gold, split=args.split)
    print(render(found, args.run_a, args.run_b))
    if args.json:
        write_json(args.json, found)


if __name__ == "__main__":
    sys.exit(main())

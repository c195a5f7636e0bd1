"""`python -m training`: fit topics or summaries, publish a run, go back, show the history. Heavy imports wait for the command."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from models.errors import BadInput, CaibianError, of_disk
from training.processes import is_main, rank, several
from training.record import alone_in
from training.rows import BadRows

MEND = "Make room, or choose another --out that can be written; a run goes on when the same command is said again."
UNWRITTEN = ("inline_container", "PytorchStreamWriter", "Parent directory")


def main(argv: list[str] | None = None) -> int:
    """Run one command; 0 all well, 1 it failed (one sentence on stderr), 2 wrong usage or rows that cannot be used."""
    args, code = _parser().parse_args(argv), 1
    try:
        if several() and (args.run is not _fit or getattr(args, "add", None)):
            what = "topics --add" if args.run is _fit else args.command
            raise BadInput(f"{what} takes one process: start it without accelerate launch", field="command")
        result: int = args.run(args)
    except CaibianError as e:
        said, code = e.message, 2 if isinstance(e, BadRows) else 1
    except KeyboardInterrupt:
        said = "stopped. Say the same command again to go on from the last checkpoint."
    except OSError as e:
        said = f"{of_disk(e)}. {MEND}"
    except Exception as e:
        # torch and safetensors do not say OSError when a disk is full or a folder is missing.
        if type(e).__name__ != "SafetensorError" and not any(mark in str(e) for mark in UNWRITTEN):
            raise
        said = f"a file of weights could not be written ({str(e).splitlines()[0][:200]}). {MEND}"
    else:
        return result
    if is_main():
        print(f"error: {said}", file=sys.stderr)
    elif code == 1:  # of bad rows all processes find the same; what else ends one may be its own
        print(f"process {rank()}: {said}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description="Train and publish Caibian's models.")
    commands = parser.add_subparsers(dest="command", required=True)
    for task in ("topics", "summaries"):
        p = commands.add_parser(task, help=f"fit the {task} model of a config; run again to go on after a stop")
        p.add_argument("--config", type=Path, required=task == "summaries", help="TOML file, see training/configs/")
        p.add_argument("--data", help="training rows instead of the config's data.train")
        p.add_argument("--out", type=Path, help="run folder (default runs/NAME)")
        p.add_argument("--steps", type=int, help="summaries: move the end of the run, e.g. to the hours that there are")
        p.set_defaults(run=_fit)
        if task == "topics":
            _add_new_topic(p)
    _add_publishing(commands)
    _add_mean(commands)
    p = commands.add_parser("seams", help="count the character statistics that page splitting joins broken lines by")
    p.add_argument("data", help="rows with headline and body")
    p.add_argument("--split", default="", help="the rows whose column `split` has this value")
    p.set_defaults(run=_seams)
    p = commands.add_parser("salience", help="fit which numbers of a body a headline has")
    p.add_argument("data", help="rows with headline and body")
    p.add_argument("--split", default="", help="the rows whose column `split` has this value")
    p.set_defaults(run=_salience)
    p = commands.add_parser("boundaries", help="fit which heads of a page open an article")
    p.add_argument("pages", nargs="+", type=Path, help="page files with gold blocks (python -m eval make-pages)")
    p.set_defaults(run=_boundaries)
    p = commands.add_parser("pages", help="fit the line tagger that splits pages; run again to go on after a stop")
    p.add_argument("data", nargs="+", metavar="FILE[:SPLIT]", help="rows with headline and body that pages are made of")
    p.add_argument("--pages", type=int, default=12000, metavar="N", help="pages to draw (12000)")
    p.add_argument("--also", nargs="*", type=Path, default=[], metavar="FILE", help="gold pages to learn from as well")
    p.add_argument("--share", type=float, default=0.05, metavar="S", help="share of the pages made of gold ones (0.05)")
    p.add_argument(
        "--structures",
        type=float,
        default=0.7,
        metavar="S",
        help="share of made pages with section heads, columns, posts of all kinds (0.7)",
    )
    p.add_argument("--start", type=Path, metavar="FILE", help="weights to start from (none)")
    p.add_argument("--rate", type=float, default=2.5e-3, metavar="R", help="highest learning rate (0.0025)")
    p.add_argument("--epochs", type=int, default=6, metavar="N", help="passes over them (6)")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--without", default="", metavar="STYLE,…", help="development styles to keep out, for measuring")
    p.add_argument("--out", type=Path, default=Path("runs/pages"), metavar="RUN", help="run folder (runs/pages)")
    p.add_argument("--weights", type=Path, metavar="FILE", help="where the weights go (models/page_tagger.safetensors)")
    p.set_defaults(run=_pages)
    p = commands.add_parser("brief-weights", help="fit which clauses of an article its brief is made of")
    p.add_argument("briefs", nargs="+", help="files of briefs, see docs/training.md")
    p.add_argument("--data", required=True, help="rows with id and body, for briefs without a text of their own")
    p.add_argument("--split", default="", help="the rows whose column `split` has this value")
    p.add_argument("--dev", nargs="+", default=[], metavar="FILE", help="briefs that are only measured on, afterwards")
    p.set_defaults(run=_brief_weights)
    for name, told, run in (
        ("rollback", "let the bundle serve again that the present one replaced", _rollback),
        ("history", "what was published and rolled back for a task", _history),
    ):
        p = commands.add_parser(name, help=told)
        p.add_argument("task", choices=("topics", "summaries"))
        p.set_defaults(run=run)
    return parser


def _add_publishing(commands: Any) -> None:
    p = commands.add_parser("publish", help="make a finished run's bundle the default")
    p.add_argument("run_folder", type=Path, metavar="RUN")
    p.add_argument(
        "--force", metavar="REASON", default="", help="although it is worse than what serves; the history keeps why"
    )
    p.add_argument(
        "--max-mib", type=float, metavar="N", help="what it may weigh (10 topics, 16 summaries: lies in git)"
    )
    p.set_defaults(run=_publish)
    p = commands.add_parser(
        "renew", help="publish a summaries bundle's weights with this release's search, choice and graphs"
    )
    p.add_argument("--dev", default="", metavar="FILE[:SPLIT]", help="rows on which both are compared before it serves")
    p.add_argument("--bundle", type=Path, metavar="DIR", help="this bundle instead of the one that serves")
    p.add_argument("--force", metavar="REASON", default="", help="although it is worse; the history keeps why")
    p.set_defaults(run=_renew)


def _add_mean(commands: Any) -> None:
    p = commands.add_parser("mean", help="average two summaries runs, one trained further from the other")
    p.add_argument("first", type=Path, metavar="RUN")
    p.add_argument("second", type=Path, metavar="FURTHER")
    p.add_argument("--share", type=float, default=0.5, metavar="S", help="of the second run (0.5)")
    p.add_argument("--out", type=Path, required=True, help="run folder")
    p.set_defaults(run=_mean)


def _add_new_topic(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "--corrections", metavar="FILE", help="from `service corrections export`: learned from, one in five held out"
    )
    p.add_argument(
        "--seeds", type=int, metavar="N", help="so many runs with seeds of their own; a table of mean and spread"
    )
    p.add_argument(
        "--mean-of",
        nargs="+",
        type=Path,
        metavar="RUN",
        help="instead of a config: the mean of runs that differ in their seed",
    )
    p.add_argument("--add", metavar="TOPIC", help="instead of a config: one topic more on a finished bundle")
    p.add_argument("--examples", metavar="FILE", help="with --add: articles about it; others too, if rows have labels")
    p.add_argument("--head-only", action="store_true", help="with --add: on the frozen encoder, in minutes")
    p.add_argument(
        "--bundle", metavar="DIR", default="", help="with --add: start from this bundle, not from what serves"
    )
    p.add_argument("--zh", default="", help="with --add: the topic's Chinese name")
    p.add_argument("--en", default="", help="with --add: its English name")


def _say_finished(run: Path) -> None:
    if is_main():
        print(f"{run} is finished; publish it with: python -m training publish {run}")


def _add_topic(args: argparse.Namespace) -> int:
    from training.config import BaseSettings, DataSettings
    from training.new_topic import NewTopicConfig, add_topic

    if args.config or args.steps is not None:
        raise BadInput("--add takes neither --config nor --steps: its encoder stays as it is", field="add")
    if not args.examples:
        raise BadInput(
            "--add needs --examples FILE: about fifty articles about the topic, and some that are not", field="add"
        )
    if not args.head_only:
        raise BadInput("--add trains a head on the frozen encoder: say --head-only. To train the encoder for the topic too, add "
                       "it to models/taxonomy.json, label a few hundred articles and give a config", field="add")  # fmt: skip
    config = NewTopicConfig(
        topic=args.add, zh=args.zh, en=args.en, examples=args.examples, base=BaseSettings(model=args.bundle),
        data=DataSettings(train=args.data or ""),
    )  # fmt: skip
    run = args.out or Path("runs") / f"add_{args.add}"
    with alone_in(run):
        add_topic(config, run)
    _say_finished(run)
    return 0


def _fit(args: argparse.Namespace) -> int:
    if args.command == "topics" and args.mean_of:
        return _mean_of_topics(args)
    if args.command == "topics" and args.add:
        return _add_topic(args)
    if args.config is None:
        raise BadInput(
            "topics needs --config FILE, or --add TOPIC --examples FILE --head-only, or --mean-of RUN RUN",
            field="config",
        )
    from training.config import SummariesConfig, TopicsConfig, check_config, read_config

    kinds: dict[str, Any] = {"topics": TopicsConfig, "summaries": SummariesConfig}
    config = read_config(args.config, kinds[args.command])
    if args.data:
        config = dataclasses.replace(config, data=dataclasses.replace(config.data, train=args.data))
    if args.steps is not None and args.command == "topics":
        raise BadInput(
            "--steps is for summaries; a topics run counts epochs: set `epochs` in its config", field="steps"
        )
    if args.steps is not None:
        config = dataclasses.replace(config, train=dataclasses.replace(config.train, steps=args.steps))
        check_config(config, "--steps")
    if args.command == "topics" and args.corrections:
        config = dataclasses.replace(config, data=dataclasses.replace(config.data, corrections=(args.corrections,)))
    if args.command == "topics" and args.seeds is not None:
        config = dataclasses.replace(config, seeds=args.seeds)
        check_config(config, "--seeds")
    run = args.out or Path("runs") / config.name
    if args.command == "topics":
        from training.seeds import fit_seeds

        with alone_in(run):
            fit_seeds(config, run)
    else:
        from training.summaries import fit_summaries

        with alone_in(run):
            fit_summaries(config, run)
    _say_finished(run)
    return 0


def _mean_of_topics(args: argparse.Namespace) -> int:
    from training.topics import fit_topics
    from training.topics_mean import config_of_mean

    others = (args.config, args.data, args.corrections, args.add, args.examples, args.head_only, args.bundle)
    if any(others) or args.steps is not None or args.seeds is not None:
        raise BadInput(
            "--mean-of takes no other option than --out: config and rows are those of its runs", field="mean_of"
        )
    config = config_of_mean(args.mean_of)
    run = args.out or Path("runs") / f"{config.name}_mean"
    with alone_in(run):
        fit_topics(config, run)
    _say_finished(run)
    return 0


def _mean(args: argparse.Namespace) -> int:
    from training.mean import mean_of

    with alone_in(args.out):
        mean_of(args.first, args.second, args.share, args.out)
    said = f"{args.out} is {1 - args.share:g} of {args.first} and {args.share:g} of {args.second}"
    print(f"{said}; publish it with: python -m training publish {args.out}")
    return 0


def _publish(args: argparse.Namespace) -> int:
    from training.publish import publish

    bundle = publish(args.run_folder, force=args.force, max_mib=args.max_mib)
    print(f"{bundle.name} serves {bundle.manifest['task']} now ({bundle.path})")
    return 0


def _renew(args: argparse.Namespace) -> int:
    from training.renew import renew

    bundle = renew(args.dev, args.bundle, force=args.force)
    print(f"{bundle.name} serves {bundle.manifest['task']} now ({bundle.path})")
    return 0


def _seams(args: argparse.Namespace) -> int:
    from training.seams import fit_seams

    fit_seams(args.data, args.split)
    return 0


def _salience(args: argparse.Namespace) -> int:
    from training.salience import fit_salience

    fit_salience(args.data, args.split)
    return 0


def _boundaries(args: argparse.Namespace) -> int:
    from training.boundaries import fit_boundaries

    fit_boundaries(args.pages)
    return 0


def _pages(args: argparse.Namespace) -> int:
    from models.page_tagger import FILE
    from training.pages import PagesRun, fit_pages

    if args.pages < 1 or args.epochs < 1:
        raise BadInput("--pages and --epochs are at least 1", field="pages")
    without = tuple(name for name in args.without.split(",") if name)
    also = tuple(map(str, args.also))
    if not 0 <= args.share < 1 or args.rate <= 0:
        raise BadInput("--share is at least 0 and below 1, --rate above 0", field="share")
    if not 0 <= args.structures <= 1:
        raise BadInput("--structures is a share: 0 to 1", field="structures")
    run = PagesRun(tuple(args.data), also, args.share, str(args.start or ""), pages=args.pages, epochs=args.epochs,
                   rate=args.rate, seed=args.seed, structures=args.structures, without=without)  # fmt: skip
    with alone_in(args.out):
        fit_pages(run, args.out, args.weights or FILE)
    return 0


def _brief_weights(args: argparse.Namespace) -> int:
    from training.brief_weights import fit_brief_weights, measure_briefs

    fit_brief_weights(args.briefs, args.data, args.split)
    if args.dev:
        measure_briefs(args.dev, args.data, args.split)
    return 0


def _rollback(args: argparse.Namespace) -> int:
    from models.registry import rollback

    bundle = rollback(args.task)
    print(f"{bundle.name} serves {args.task} again ({bundle.path})")
    return 0


def _history(args: argparse.Namespace) -> int:
    from models.registry import history

    for line in history(args.task):
        print(json.dumps(line, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())

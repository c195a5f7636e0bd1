"""The documents say what is: targets, command lines, links, modules and options all exist, in both languages.

docs/settings.md and the curl lines of docs/rest.md have their own tests in test_settings_docs.py.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import io
import json
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from service.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
PACKAGES = ("models", "training", "eval", "service")
Parsers = dict[str, argparse.ArgumentParser]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def parsers() -> Parsers:
    from eval.__main__ import make_parser as eval_parser
    from service.cli import make_parser as service_parser
    from training.__main__ import _parser as training_parser

    return {"service": service_parser(), "training": training_parser(), "eval": eval_parser()}


def read(path: Path) -> str:
    return path.read_text("utf-8")


def shell_lines(text: str) -> list[list[str]]:
    """The commands of a document's shell blocks, in words, without comments; an open quotation takes further lines."""
    found = []
    for kind, block in FENCE.findall(text):
        command = ""
        for line in block.replace("\\\n", " ").splitlines() if kind == "sh" else ():
            command += line + "\n"
            with contextlib.suppress(ValueError):
                found.append(shlex.split(command, comments=True))
                command = ""
        assert not command, command
    return [words for words in found if words]


def commands(words: list[str]) -> Iterator[tuple[str, list[str]]]:
    """(package, arguments) of each `python -m` in a shell line."""
    for at, word in enumerate(words):
        if word == "-m" and at and "python" in words[at - 1] and words[at + 1] in PACKAGES:
            rest = words[at + 2 :]
            end = next((i for i, w in enumerate(rest) if w in ("|", ">", "&&", ";")), len(rest))
            yield words[at + 1], rest[:end]


def subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The commands of a parser by name."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    raise AssertionError("no commands")


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", read(ROOT / "Makefile"), re.MULTILINE))
    assert {"serve", "test"} <= targets
    for path in DOCUMENTS:
        text = read(path)
        named = {words[1] for words in shell_lines(text) if words[0] == "make" and len(words) > 1}
        named |= set(re.findall(r"`make ([a-z][a-z-]*)", text))
        assert named <= targets, (path.name, named - targets)


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_the_readmes_begin_with_the_two_commands(path: Path) -> None:
    assert shell_lines(read(path))[:2] == [["make", "serve"], ["make", "test"]]
    assert len(read(path).splitlines()) <= 150


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_line_parses(path: Path, parsers: Parsers) -> None:
    for words in shell_lines(read(path)):
        for package, arguments in commands(words):
            told = io.StringIO()
            with contextlib.redirect_stderr(told):
                try:
                    parsers[package].parse_args(arguments)
                except SystemExit:
                    raise AssertionError(f"{path.name}: {shlex.join(words)}: {told.getvalue()}") from None


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_commands_and_options_that_are_mentioned_exist(path: Path, parsers: Parsers) -> None:
    """Outside shell blocks a command may be a stretch of prose or a synopsis: its name and its options are checked."""
    text = FENCE.sub(lambda m: "" if m[1] == "sh" else m[0], read(path))
    for package, command, rest in re.findall(r"python -m (service|training|eval) ([a-z][a-z-]*)([^`\n]*)", text):
        known = subcommands(parsers[package])
        assert command in known, (path.name, package, command)
        options = {o for action in known[command]._actions for o in action.option_strings}
        mentioned = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", rest))
        assert mentioned <= options, (path.name, package, command, mentioned - options)


def test_the_readme_uses_every_package_that_has_a_command_line() -> None:
    used = {package for words in shell_lines(read(READMES[0])) for package, _ in commands(words)}
    assert used == {"service", "training", "eval"}


def test_every_setting_that_is_mentioned_exists() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for path in DOCUMENTS:
        named = set(re.findall(rf"{PREFIX}[A-Z_]*[A-Z]", read(path)))
        assert named <= known, (path.name, named - known)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    text = FENCE.sub("", read(path))
    for link in re.findall(r"!?\[[^\]]*\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = path.parent / name if name else path
        assert target.exists(), (path.name, link)
        if anchor:
            assert anchor in anchors(read(target)), (path.name, link)


def anchors(text: str) -> set[str]:
    """What GitHub makes of a document's headings."""
    titles = re.findall(r"^#+ (.*)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_both_readmes_have_the_same_sections_commands_links_and_gaps() -> None:
    english, chinese = (read(path) for path in READMES)
    assert shell_lines(english) == shell_lines(chinese)
    for pattern in (r"^(#+) ", r"\]\(((?!README)[^)]*)\)", r"<!-- .*? -->", r"^(\|)"):
        found = [re.findall(pattern, FENCE.sub("", text), re.MULTILINE) for text in (english, chinese)]
        assert found[0] == found[1], pattern
    assert len(re.findall("[\u4e00-\u9fff]", chinese)) > 800


def modules(package: str) -> set[str]:
    folder = ROOT / package
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*.py")}
    return {name for name in files if not name.endswith("__init__.py")}


@pytest.mark.parametrize("package", PACKAGES)
def test_the_map_of_the_architecture_names_every_module(package: str) -> None:
    section = read(ROOT / "ARCHITECTURE.md").split(f"### {package}/\n", 1)[1].split("\n#", 1)[0]
    named = re.findall(r"^\| `([\w/]+\.py)` \| \S", section, re.MULTILINE)
    assert len(named) == len(set(named))
    assert set(named) == modules(package), set(named) ^ modules(package)


def test_files_that_the_architecture_names_exist() -> None:
    text = read(ROOT / "ARCHITECTURE.md") + read(ROOT / "CONTRIBUTING.md")
    names = set(re.findall(r"`((?:models|training|eval|service|tests|docs)/[\w/.-]+\.(?:py|toml|jsonl?|md))`", text))
    assert [name for name in sorted(names) if not (ROOT / name).exists()] == []


def section_rows(title: str) -> dict[str, str]:
    """Key and default of each row of a table of docs/training.md."""
    section = read(ROOT / "docs" / "training.md").split(f"### {title}\n", 1)[1].split("\n#", 1)[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| \S", section, re.MULTILINE)
    assert len(rows) == len(dict(rows))
    return dict(rows)


def shown(field: dataclasses.Field[Any]) -> str:
    """A field's default as the table shows it."""
    if field.default is dataclasses.MISSING:
        return "table"
    value = list(field.default) if isinstance(field.default, tuple) else field.default
    return f"`{json.dumps(value)}`"


def options(name: str) -> Callable[[], Any]:
    def load() -> Any:
        from training import config, loop

        return getattr(loop if name == "LoopSettings" else config, name)

    return load


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Top level, topics", "TopicsConfig"),
        ("Top level, summaries", "SummariesConfig"),
        ("[base]", "BaseSettings"),
        ("[data]", "DataSettings"),
        ("[train]", "LoopSettings"),
    ],
)
def test_every_option_of_a_config_has_its_row(title: str, name: str) -> None:
    kind = options(name)()
    assert section_rows(title) == {field.name: shown(field) for field in dataclasses.fields(kind)}


def test_the_archive_docs_name_every_option_and_field() -> None:
    from service.archive_work import as_record
    from service.cli import make_parser

    text = read(ROOT / "docs" / "archive.md")
    for action in subcommands(make_parser())["tag"]._actions:
        if "--help" not in action.option_strings:
            assert all(f"`{option}" in text for option in action.option_strings), action.option_strings
    from models.article import Analysis, Article, TopicResult
    from models.readers import Record

    topics = TopicResult((), "other", {}, False, (), 1, "x@1")
    record = as_record(Record("a.txt", 1, Article()), Analysis(None, topics, None), {})
    assert all(f"| `{field}` |" in text for field in record)

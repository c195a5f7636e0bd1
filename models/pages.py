"""A page dump to its articles: every non-space character in exactly one block, articles in page order.

The steps: read lines (models/page_lines.py) · find boxes and broken paragraphs (models/page_flow.py) · what the rules make
of it (models/page_rules.py) · the line tagger's roles (models/page_tagger.py), the rules heard (models/page_trust.py) · put
articles together (models/page_decode.py). It knows nothing of topics, summaries or files. Linear in the length of the page.
"""

from __future__ import annotations

from models.article import Page
from models.page_decode import decode
from models.page_drafts import article_of, block_of
from models.page_features import read_features
from models.page_flow import read_flow
from models.page_rules import read_rules, split_by_rules
from models.page_tagger import FILE, read_tagger
from models.pauses import pause


def split_page(text: str) -> Page:
    """The articles of a page dump, and its furniture. Any text is a page; a blank one has no articles.

    The line tagger decides where its weights are installed, else the rules do.
    """
    if not FILE.exists():
        return split_page_by_rules(text)
    flow = read_flow(text)
    pause()
    rules = read_rules(flow)
    pause()
    features = read_features(flow, rules)
    pause()
    tagged = read_tagger().tag(features, [rule.tag for rule in rules])
    pause()
    drafts, furniture = decode(flow.lines, tagged)
    pause()
    articles = tuple(article_of(text, draft) for draft in drafts)
    return Page(articles, tuple(block_of(text, line, "furniture") for line in furniture))


def split_page_by_rules(text: str) -> Page:
    """The same without the line tagger: the floor that it is measured against."""
    split = split_by_rules(read_flow(text))
    articles = tuple(article_of(text, draft) for draft in split.drafts)
    return Page(articles, tuple(block_of(text, line, "furniture") for line in split.furniture))

"""How a new summaries bundle searches and chooses headlines: the values that its manifest gets.

What each of them was chosen by stands in ARCHITECTURE.md, "Eight beams that agree"; what it does, in models/choosing.py and
models/decoding.py.
"""

from __future__ import annotations

from typing import Any

from models.decoding import BeamSettings

BEAMS = 8
"""A number that is not begun cannot be chosen."""
MIN_SCORE = -1.0
"""Mean log probability a token below which a headline is not shown. Of 400 dev articles of the news 3% are below it, of our
invented features, whose leads are scenes, a quarter: what stands below reads like nothing an editor would print."""
PIECE_MARGIN = 0.08
"""How much less likely a token may be, in mean log probability, for a wording of its own to stand before a piece of the text."""
NUMBER_MARGIN, NUMBER_BONUS, SALIENCE_BONUS, LOOSE_MALUS = 0.8, 0.4, 2.0, 0.4
"""A headline with more numbers may be so much less likely; a number counts so much, and so much times the chance that a headline
has it (models/salience.py); one that stands beside other characters than in the text costs."""
NOVEL_BONUS = 1.2
"""What the share of wording that the text has not counts for."""
AGREEMENT = 3.5
"""What likeness to all beams counts for."""
NUMBER_LIFT, NUMBER_ODDS, LEAST_SALIENCE = 3.2, 4.5, 0.01
"""A token that begins a number of the source is ahead by `NUMBER_ODDS` plus the log odds that the headline has that number, at most
by `NUMBER_LIFT`."""


def headline_beam(max_tokens: int) -> BeamSettings:
    """The search for headlines of at most so many tokens."""
    return BeamSettings(
        beams=BEAMS,
        max_tokens=max_tokens,
        number_lift=NUMBER_LIFT,
        number_odds=NUMBER_ODDS,
        least_salience=LEAST_SALIENCE,
    )


def choosing() -> dict[str, Any]:
    """What stands in the manifest beside the beam."""
    return {
        "min_score": MIN_SCORE,
        "piece_margin": PIECE_MARGIN,
        "number_margin": NUMBER_MARGIN,
        "number_bonus": NUMBER_BONUS,
        "salience_bonus": SALIENCE_BONUS,
        "loose_malus": LOOSE_MALUS,
        "novel_bonus": NOVEL_BONUS,
        "agreement": AGREEMENT,
    }

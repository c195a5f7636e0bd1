"""The house styles that training pages are drawn in: those to build on, and twelve more that nothing is measured in.

The further houses were written apart, without a look at the held-out styles; pages that measure are drawn in none of them.
"""

from __future__ import annotations

from eval.make_pages import DEVELOPMENT_STYLES
from training.page_houses_north import HOUSES_NORTH
from training.page_houses_south import HOUSES_SOUTH

TRAINING_STYLES = (*DEVELOPMENT_STYLES, *HOUSES_NORTH, *HOUSES_SOUTH)

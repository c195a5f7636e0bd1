"""The house styles beyond the first six, each after another kind of paper with a phrase pool of its own.

Written without a look at the held-out styles. Knows only their list.
"""

from __future__ import annotations

from eval.page_styles_city import EVENING, HARBOUR_DAILY, STRAITS_DAILY, YOUTH_WEEKLY
from eval.page_styles_state import COUNTY_PAPER, OLD_PAPER, PARTY_DAILY, TELEX_DUMP
from eval.page_styles_trade import BUSINESS_DAILY, TECH_WEEKLY, UNION_DIGEST

MORE_STYLES = (
    HARBOUR_DAILY,
    STRAITS_DAILY,
    EVENING,
    YOUTH_WEEKLY,
    PARTY_DAILY,
    COUNTY_PAPER,
    OLD_PAPER,
    BUSINESS_DAILY,
    TECH_WEEKLY,
    UNION_DIGEST,
    TELEX_DUMP,
)

"""Whether the models can answer: loads them beside the event loop, lets them read the canary text, and says so.

It owns the one Analyzer of the process. It knows nothing of routes; who needs the models asks `require`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from models.analyzer import Analyzer, load_analyzer
from models.bundle import MEND
from models.errors import BundleError, CaibianError
from service.problems import Problem, no_bundle
from service.settings import Settings

log = logging.getLogger("caibian")


class Readiness:
    """Starts without models; `load` brings them or leaves a `failure`, a sentence."""

    def __init__(self) -> None:
        self.analyzer: Analyzer | None = None
        self.failure: str | None = None

    async def load(
        self,
        settings: Settings,
        given: Analyzer | None,
        on_failure: Callable[[str], None],
        on_ready: Callable[[], None],
    ) -> None:
        """Load and check the models in a thread; `given` is checked in their stead."""
        try:
            analyzer = await asyncio.to_thread(load_checked, settings, given)
        except CaibianError as error:
            self.failure = error.message
        except Exception as error:
            log.exception("the models could not be loaded")
            self.failure = f"the models could not be loaded ({type(error).__name__}): see the log"
        else:
            for sentence in warnings(analyzer):
                log.warning("%s", sentence)
            log.info("ready: topics %s, summaries %s", analyzer.classifier.bundle, analyzer.summarizer.bundle)
            self.analyzer = analyzer
            on_ready()
            return
        log.error("%s", self.failure)
        on_failure(self.failure)

    def require(self) -> Analyzer:
        """The analyzer, or a problem that says to come back."""
        if self.analyzer is not None:
            return self.analyzer
        if self.failure is not None:
            raise no_bundle()
        raise Problem(
            "not-ready",
            "模型正在加载，请几秒后重试。 The models are being loaded: try again in a few seconds.",
            headers={"Retry-After": "2"},
        )


def warnings(analyzer: Analyzer) -> list[str]:
    """A loud sentence for each half that runs on a rule-based floor instead of a trained model."""
    halves = (
        ("主题标注", "Topics come", analyzer.classifier.trained, analyzer.classifier.bundle),
        ("摘要", "Summaries come", analyzer.summarizer.trained, analyzer.summarizer.bundle),
    )
    return [
        f"{zh}由规则基线 {bundle} 给出，不是训练过的模型，请勿用于生产。 "
        f"{en} from the rule-based floor {bundle}, not from a trained model: not for production."
        for zh, en, trained, bundle in halves
        if not trained
    ]


def load_checked(settings: Settings, given: Analyzer | None = None) -> Analyzer:
    """The models of the settings, or those `given`, once they have answered the canary text; raises BundleError."""
    analyzer = given or load_analyzer(settings.topics_bundle, settings.summaries_bundle, settings.threads)
    try:
        analyzer.check()
    except CaibianError:
        raise
    except Exception as error:
        log.exception("the models broke over the canary text")
        halves = f"{analyzer.classifier.bundle} and {analyzer.summarizer.bundle}"
        raise BundleError(
            f"the models {halves} broke over the canary text ({type(error).__name__}, see the log): {MEND}"
        ) from error
    return analyzer

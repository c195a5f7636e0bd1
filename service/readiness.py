"""Whether the models can answer: loads them beside the event loop, lets them read the canary text, and says so.

It owns the one Analyzer of the process and what its bundles' folders looked like. It knows nothing of routes; who needs the
models asks `require`, and keeps what it got until its answer is out: another may take the place meanwhile (bundle_watch.py).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from models.analyzer import Analyzer, device_of, load_analyzer
from models.bundle import MANIFEST, MEND
from models.device import read_device
from models.errors import BundleError, CaibianError
from models.registry import TASKS, Task, default_bundle
from models.runtime import check_device
from service.inference import stopping
from service.problems import Problem, no_bundle
from service.settings import Settings

log = logging.getLogger("caibian")

FLOORS = ("keywords", "lead")
Stamp = tuple[int, int, int, int]
"""Of a bundle's manifest: device, inode, change and modification time. Another bundle in the folder has another one."""


class Readiness:
    """Starts without models; `load` brings them or leaves a `failure`, a sentence."""

    def __init__(self) -> None:
        self.analyzer: Analyzer | None = None
        self.failure: str | None = None
        self.stopping = False
        self.stamps: dict[Task, Stamp | None] = {}
        """Of the bundles that serve; taken before they were read."""

    async def load(
        self,
        settings: Settings,
        given: Analyzer | None,
        on_failure: Callable[[str], None],
        on_ready: Callable[[], None],
    ) -> None:
        """Load and check the models in a thread; `given` is checked in their stead."""
        self.stamps = {} if given else {task: stamp_of(folder_of(settings, task)) for task in TASKS}
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
            log.info("ready: %s", told(analyzer))
            self.analyzer = analyzer
            on_ready()
            return
        log.error("%s", self.failure)
        on_failure(self.failure)

    def take(self, task: Task, analyzer: Analyzer, stamp: Stamp) -> None:
        """Let this analyzer answer from now on; its bundle of `task` is another one."""
        self.analyzer = analyzer
        self.stamps[task] = stamp

    def require(self) -> Analyzer:
        """The analyzer, or a problem that says to come back; raises Stopping once the service is told to stop."""
        if self.stopping:
            raise stopping()
        if self.analyzer is not None:
            return self.analyzer
        if self.failure is not None:
            raise no_bundle()
        raise Problem(
            "not-ready",
            "模型正在加载，请几秒后重试。 The models are being loaded: try again in a few seconds.",
            headers={"Retry-After": "2"},
        )


def folder_of(settings: Settings, task: Task) -> Path | None:
    """Where the bundle of a task lies; None for a floor."""
    where = settings.topics_bundle if task == "topics" else settings.summaries_bundle
    if where in FLOORS:
        return None
    return Path(where) if where else default_bundle(task)


def stamp_of(folder: Path | None) -> Stamp | None:
    """What tells the bundle in a folder from the next one; None when none is there."""
    if folder is None:
        return None
    try:
        found = (folder / MANIFEST).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_ctime_ns, found.st_mtime_ns


def told(analyzer: Analyzer) -> str:
    """Which bundles answer, on what and in which precision, in one line."""
    halves = (("topics", analyzer.classifier), ("summaries", analyzer.summarizer))
    return ", ".join(f"{task} {half.bundle} ({', '.join(device_of(half))})" for task, half in halves)


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
    """The models of the settings, or those `given`, once they have answered the canary text; raises BundleError, DeviceError."""
    if given is None:
        device = read_device(settings.device)
        check_device(device)
        given = load_analyzer(settings.topics_bundle, settings.summaries_bundle, settings.threads, device)
    return checked(given)


def checked(analyzer: Analyzer) -> Analyzer:
    """The same, once it has answered the canary text; raises BundleError."""
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

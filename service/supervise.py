"""`serve` as two processes: one that holds the address and watches, and one that serves and may die in native code.

A crash of ONNX Runtime or of a database's client ends its process, whatever Python does. The watching process then starts
another at once: the listening socket is its own, so callers that come meanwhile wait and are not refused; those whose request
was being answered see their connection close. It imports neither models nor web framework, and forks before there is
any thread. Signals to stop go through to the serving process, whose exit code is handed on.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import logging
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

log = logging.getLogger("caibian")

PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
STOPS = (signal.SIGTERM, signal.SIGINT)
STEADY_SECONDS = 60.0
"""Who lived as long has nothing to do with the deaths before."""
LONGEST_PAUSE = 30.0
DOUBLINGS = 10
"""More would not fit into a float after hours of deaths."""
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Past:
    """Of the processes that served before: how many died, and of which signal the last one."""

    deaths: int = 0
    signal: str = ""


def supervised(work: Callable[[Past], int]) -> int:
    """`work` in a process of its own, and in another when that died of a signal; its exit code. In the main thread only."""
    return _Supervisor(work).run()


class _Supervisor:
    def __init__(self, work: Callable[[Past], int]) -> None:
        self._work = work
        self._child = 0
        self._stopping = False

    def run(self) -> int:
        before = {number: signal.signal(number, self._pass_on) for number in PASSED_ON}
        before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # ignored, exit codes would be lost
        try:
            return self._watch()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _watch(self) -> int:
        past, soon = Past(), 0
        while True:
            began = time.monotonic()
            try:
                code = self._serve(past)
            except OSError as error:
                if not past.deaths:
                    log.error("no process can be started to serve: %s", error.strerror or error)
                    return 1
                soon += 1
                pause = _pause(soon)
                log.error("no process can be started: %s; tried again in %g seconds", error.strerror or error, pause)
            else:
                if code >= 0 or self._stopping:
                    return code if code >= 0 else 0 if -code in STOPS else 128 - code
                soon = 1 if time.monotonic() - began > STEADY_SECONDS else soon + 1
                past, pause = Past(past.deaths + 1, _name(-code)), _pause(soon)
                log.error(
                    "the process that serves died of %s (death %d): another takes its place%s",
                    past.signal,
                    past.deaths,
                    f" in {pause:g} seconds" if pause else "",
                )
            until = time.monotonic() + pause
            while time.monotonic() < until and not self._stopping:
                time.sleep(0.05)

    def _serve(self, past: Past) -> int:
        """The exit code of one process; below 0 the signal that it died of. Raises OSError when there can be none."""
        watcher = os.getpid()
        # No signal may come between the last look at `_stopping` and knowing whom to pass it on to.
        signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON)
        try:
            if self._stopping:
                return 0
            self._child = os.fork()
            if self._child == 0:
                self._be_child(past, watcher)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
        _, status = os.waitpid(self._child, 0)
        self._child = 0
        return os.waitstatus_to_exitcode(status)

    def _be_child(self, past: Past, watcher: int) -> None:
        """Serve, and never come back."""
        code = 1
        try:
            os.setpgid(0, 0)  # what a terminal sends to all of its processes would come twice
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            signal.signal(
                signal.SIGTTOU, signal.SIG_IGN
            )  # it may write to a terminal whose foreground is another group
            signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
            _die_with(watcher)
            with contextlib.suppress(OSError, ValueError, AttributeError):  # stderr is no file
                faulthandler.enable()  # where a crash was: functions and lines, no text
            code = self._work(past)
        except KeyboardInterrupt:
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(Exception):
                    stream.flush()
            os._exit(code)

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        self._stopping |= number in STOPS
        if self._child:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._child, number)


def _pause(soon: int) -> float:
    """Seconds before the next process, after so many deaths in short order."""
    return min(LONGEST_PAUSE, 2.0 ** min(soon - 1, DOUBLINGS) - 1)


def _die_with(watcher: int) -> None:
    """However the watching process ends, this one does not outlive it: it would hold the address."""
    with contextlib.suppress(OSError, AttributeError):  # another system than Linux
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != watcher:
        os._exit(1)


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"

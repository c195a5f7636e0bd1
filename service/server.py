"""The process that serves: refuses what must not be reached by everybody, runs the app under uvicorn, and ends in order.

It owns the rule that nothing listens beyond loopback unprotected, and what a signal to stop means. The socket is given to it
(serve.py); what is served is app.py's.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import shlex
import signal
import socket
import threading
import time
from types import FrameType

import uvicorn

from models.errors import BadInput, CaibianError, StoreDown
from service import connections, logs
from service.app import create_app
from service.cli import say
from service.gate import there_are_keys
from service.parts import Parts
from service.settings import Settings, effective, unknown_settings
from service.storage import Storage
from service.supervise import Past
from service.uploads import delete_left_behind

log = logging.getLogger("caibian")

BACKLOG = 2048


def run(settings: Settings, host: str, listener: socket.socket, past: Past) -> int:
    """Serve on a bound socket until stopped; the exit code: 0 stopped, 1 a bundle cannot be used, 2 refused."""
    for sentence in unknown_settings(os.environ) if not past.deaths else ():
        say(f"warning: {sentence}")
    if (code := refused(settings, host, again=past.deaths > 0)) is not None:
        return code
    try:
        listener.listen(BACKLOG)
    except OSError as error:  # another began to listen there just now
        say(f"error: cannot listen on {host}: {error.strerror or error}. Choose another --host or --port.")
        return 1
    try:
        return _run(settings, listener, past)
    except BadInput as error:
        say(f"error: {error.message}")
        return 2


def refused(settings: Settings, host: str, *, again: bool = False) -> int | None:
    """The exit code, when nothing may be served on this address, and the sentence that says why; else None.

    `again`: a process before this one was not refused. A store that is away is then no reason to end: the other would have
    gone on as well, and until it is back the gate lets nobody in.
    """
    try:
        keyless = not _there_are_keys(settings)
    except CaibianError as error:
        if again and isinstance(error, StoreDown):
            return None
        say(f"error: {error.message}")
        return 2 if isinstance(error, BadInput) else 1
    if keyless and not is_loopback(host) and not settings.allow_open:
        say(
            f"error: refusing to listen on {host} without an API key: anyone who reaches this address could use the "
            "service. Listen on 127.0.0.1 (the default), protect it with a key (`python -m service keys create "
            "--name NAME`), or say CAIBIAN_ALLOW_OPEN=1 when something in front guards it."
        )
        return 2
    return None


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _there_are_keys(settings: Settings) -> bool:
    """Opens the store where there is one, so that what is wrong with it is said at the start."""
    storage = Storage(settings)
    try:
        if not storage.used:
            return False
        with storage.open().read() as connection:
            return there_are_keys(connection)
    finally:
        storage.close()


class Server(uvicorn.Server):
    """uvicorn's, that ends in order: the first signal lets what runs be finished while new calls hear 503, the second ends at
    once. The exit code is then 0, as for any end that was asked for.
    """

    def __init__(self, config: uvicorn.Config, drain_seconds: float) -> None:
        super().__init__(config)
        self._drain_seconds = drain_seconds
        self._until: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal to stop."""
        parts: Parts = self.config.app.state.parts  # type: ignore[union-attr]
        if self._until is not None:
            self.force_exit = self.should_exit and sig == signal.SIGINT
            self.should_exit = True
            return
        self._until = time.monotonic() + self._drain_seconds
        parts.readiness.stopping = True
        parts.inference.drain()

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether to end now."""
        if self._until is not None:
            parts: Parts = self.config.app.state.parts  # type: ignore[union-attr]
            self.should_exit |= not parts.inference.working or time.monotonic() > self._until
            if self.should_exit:
                parts.inference.close()  # who waits still hears 503, and not nothing
        return await super().on_tick(counter)


def _run(settings: Settings, listener: socket.socket, past: Past) -> int:
    logs.configure(settings)
    told = effective(settings).items()
    shown = " ".join(f"{name}={shlex.quote(value)}" for name, value in told if value)
    log.info("settings: %s", shown)
    if deleted := delete_left_behind():
        log.warning("%d uploads of a process that died were deleted", deleted)
    failures: list[str] = []

    def stop(sentence: str) -> None:
        failures.append(sentence)
        server.should_exit = True

    host, port = listener.getsockname()[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
    app = create_app(
        settings, on_failure=stop, on_ready=lambda: logs.tell(settings, f"Caibian 采编: {address} (API: /docs)")
    )
    app.state.parts.metrics.deaths.inc(past.deaths)
    server = Server(connections.config(app, settings.body_seconds, settings.max_connections), settings.drain_seconds)
    if threading.current_thread() is threading.main_thread():  # only it may handle signals
        signal.signal(signal.SIGHUP, lambda *_: app.state.watch.look())
    logs.tell(settings, "Caibian 采编: loading the models …")
    server.run(sockets=[listener])
    if failures:
        say(f"error: the service did not start: {failures[0]}")
        return 1
    return 0

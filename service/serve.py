"""`serve`: takes the address, and lets a process of its own serve there (supervise.py), or this one.

It imports little: the watching process stays small. What serves, and what it refuses, is server.py's.
"""

from __future__ import annotations

import socket
import threading

from models.errors import BadInput
from service import logs
from service.cli import say
from service.settings import read_settings
from service.supervise import Past, supervised


def serve(host: str, port: int) -> int:
    """Listen until stopped; the exit code: 0 stopped, 1 a bundle or the port cannot be used, 2 refused."""
    try:
        settings = read_settings()
    except BadInput as error:
        say(f"error: {error.message}")
        return 2
    try:
        listener = _bound(host, port)
    except OSError as error:
        from service.server import refused

        if (code := refused(settings, host)) is not None:  # whatever the port, that is what has to be said
            return code
        say(f"error: cannot listen on {host}:{port}: {error.strerror or error}. Choose another --host or --port.")
        return 1

    def work(past: Past) -> int:
        from service.server import run

        return run(settings, host, listener, past)

    with listener:
        if not settings.restart or threading.current_thread() is not threading.main_thread():
            return work(Past())
        logs.configure(settings)
        return supervised(work)


def _bound(host: str, port: int) -> socket.socket:
    """A socket that nobody can connect to yet: what serves lets it listen, once nothing is to be refused."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        if listener.family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except BaseException:
        listener.close()
        raise
    return listener

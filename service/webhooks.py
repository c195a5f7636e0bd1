"""The call that says a job is over: signed, and only to hosts that the machine's owner listed.

A name is resolved once, every address of it is checked, and the connection goes to the checked address: a name that leads
elsewhere a moment later (DNS rebinding) leads nowhere. Redirects are not followed. The body holds counts and no text.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import json
import logging
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from models.errors import BadInput
from service.settings import Settings

log = logging.getLogger("caibian")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Sequence[str]]
PORTS = {"http": 80, "https": 443}
SECONDS = 10.0
RETRIES = (10.0, 60.0, 300.0, 1800.0)
"""Seconds after which it is tried again; after the last it is given up."""
NAT64 = ipaddress.ip_network("64:ff9b::/96")
MAX_URL = 2000


@dataclass(frozen=True, slots=True)
class Allowed:
    """What CAIBIAN_WEBHOOK_HOSTS lists: names with a port or the usual ones, addresses, networks."""

    hosts: frozenset[tuple[str, int | None]]
    networks: tuple[Network, ...]

    def host(self, name: str, port: int) -> bool:
        """Whether a URL may name this host."""
        if (name, port) in self.hosts or ((name, None) in self.hosts and port in PORTS.values()):
            return True
        address = _address(name)
        return address is not None and any(address in network for network in self.networks)

    def address(self, text: str, host: str) -> bool:
        """Whether a connection may go there: a public address, or one that is listed itself or by its network."""
        address = _address(text)
        if address is None:
            return False
        if any(address in network for network in self.networks) or address == _address(host):
            return True
        mapped = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
        if mapped is not None or getattr(address, "teredo", None) is not None or address in NAT64:
            return False  # another address in disguise
        return address.is_global and not address.is_multicast


def read_allowed(settings: Settings) -> Allowed:
    """The hosts of the settings; raises BadInput."""
    hosts: set[tuple[str, int | None]] = set()
    networks: list[Network] = []
    for entry in (part.strip().lower() for part in (settings.webhook_hosts or "").split(",")):
        if not entry:
            continue
        try:
            networks.append(ipaddress.ip_network(entry))
            continue
        except ValueError:
            pass
        try:
            parts = urlsplit(f"//{entry}")
            if parts.path or parts.username or not parts.hostname:
                raise ValueError
            hosts.add((parts.hostname, parts.port))
        except ValueError:
            raise BadInput(
                f"CAIBIAN_WEBHOOK_HOSTS: {entry!r} is no host, address or network", field="CAIBIAN_WEBHOOK_HOSTS"
            ) from None
    return Allowed(frozenset(hosts), tuple(networks))


def check_url(url: str, settings: Settings) -> None:
    """Refuse a webhook that would not be called; raises BadInput."""
    if settings.webhook_secret is None or not settings.webhook_hosts:
        raise BadInput(
            "没有开启 webhook：请设置 CAIBIAN_WEBHOOK_HOSTS 和 CAIBIAN_WEBHOOK_SECRET。 "
            "Webhooks are off: set CAIBIAN_WEBHOOK_HOSTS and CAIBIAN_WEBHOOK_SECRET.",
            field="webhook",
        )
    try:
        host, port = _target(url)
    except ValueError:
        raise BadInput(
            "webhook 不是合格的 http(s) 地址。 webhook is no http(s) address that can be called.", field="webhook"
        ) from None
    if not read_allowed(settings).host(host, port):
        raise BadInput(
            "webhook 的主机不在 CAIBIAN_WEBHOOK_HOSTS 名单里。 The host of webhook is not listed in CAIBIAN_WEBHOOK_HOSTS.",
            field="webhook",
        )


def signature(secret: str, when: int, body: bytes) -> str:
    """The value of the header Caibian-Signature: HMAC-SHA-256 over the time, a dot and the body."""
    digest = hmac.new(secret.encode(), f"{when}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={when},v1={digest}"


def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a name; raises OSError."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


async def send(url: str, told: dict[str, Any], settings: Settings, look_up: Resolve = resolve) -> bool:
    """Call the webhook; whether it answered 2xx. What goes wrong is logged without the URL's path."""
    import httpx

    try:
        check_url(url, settings)  # the list may have changed since the job came
        host, port = _target(url)
        addresses = await asyncio.wait_for(asyncio.to_thread(look_up, host, port), SECONDS)
        allowed = read_allowed(settings)
        if not addresses or not all(allowed.address(address, host) for address in addresses):
            log.warning("webhook of job %s not sent: %s leads to an address that is not allowed", told["job"], host)
            return False
        parts = urlsplit(url)
        address = addresses[0]
        netloc = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        body = json.dumps(told, ensure_ascii=False).encode()
        secret = settings.webhook_secret.get_secret_value() if settings.webhook_secret else ""
        headers = {
            "Host": parts.netloc,
            "Content-Type": "application/json",
            "User-Agent": "caibian",
            "Caibian-Delivery": str(told["job"]),
            "Caibian-Signature": signature(secret, int(time.time()), body),
        }
        async with httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=SECONDS) as client:
            target = parts._replace(netloc=netloc, fragment="").geturl()
            extensions = {"sni_hostname": host}  # the certificate is checked against the name
            async with (
                asyncio.timeout(2 * SECONDS),
                client.stream("POST", target, content=body, headers=headers, extensions=extensions) as answer,
            ):
                if answer.is_success:
                    return True
                log.warning("webhook of job %s: %s answered %d", told["job"], host, answer.status_code)
    except BadInput:
        log.warning("webhook of job %s not sent: its host is not listed any more", told["job"])
    except (OSError, httpx.HTTPError, TimeoutError) as error:
        log.warning("webhook of job %s failed (%s)", told["job"], type(error).__name__)
    return False


def _target(url: str) -> tuple[str, int]:
    """Host and port; raises ValueError."""
    parts = urlsplit(url)
    plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url and len(url) <= MAX_URL
    if not plain or parts.scheme not in PORTS or not parts.hostname or parts.username or parts.password:
        raise ValueError
    return parts.hostname.lower(), parts.port or PORTS[parts.scheme]


def _address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None

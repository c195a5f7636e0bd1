"""Takes the pictures of docs/desk/: each view in both languages, light and dark, on a desktop and a phone, of invented articles.

`python -m tests.shots [FOLDER]`. Each picture is a montage that fits into MOST bytes; a person looks at them before they are kept.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
import urllib.request
from pathlib import Path
from urllib.parse import quote

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from service.store.database import open_store
from tests.desk import ARGUMENTS, CHROMIUM, Scheme
from tests.seed_desk import seed
from tests.server import Server

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "service" / "static" / "sample.txt"
MOST = {"desktop": 11 * 1024, "phone": 7 * 1024}
"""Bytes of a picture: all sixteen together stay under 150 KiB."""
SHOWN: dict[str, list[tuple[tuple[int, int], Scheme, str]]] = {
    "desktop": [((1280, 860), "light", "zh"), ((1280, 860), "dark", "en")],
    "phone": [((360, 740), "light", "en"), ((360, 740), "dark", "zh")],
}
PAGE = "青禾日报/2026-07-14/3"


def main(folder: Path) -> None:
    """Every view."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        url = f"sqlite:///{place}/shots.db"
        store = open_store(url)
        seed(store, 400)
        store.close()
        with Server(Path(place), url) as server, sync_playwright() as started:
            keep_page(server.address)
            article = first_article(server.address)
            views = {
                "queue": "/desk",
                "article": article,
                "pages": "/desk/pages?state=" + state_of_page(server.address),
                "page": f"/desk/pages/{quote(PAGE)}",
                "search": "/desk/search?q=" + quote("工会"),
                "figures": "/desk/figures",
                "corrections": "/desk/corrections",
                "try": "/",
            }
            browser = started.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
            for name, address in views.items():
                for shape, looks in SHOWN.items():
                    taken = [take(browser, server.address + address, *look, name) for look in looks]
                    write(folder / f"{name}-{shape}.webp", taken, MOST[shape])
            browser.close()


def keep_page(address: str) -> None:
    """The sample page, kept."""
    data = json.dumps({"text": SAMPLE.read_text("utf-8"), "source": "青禾日报", "date": "2026-07-14"}).encode()
    where = f"{address}/v1/pages/{quote(PAGE)}"
    request = urllib.request.Request(where, data, {"Content-Type": "application/json"}, method="PUT")  # noqa: S310
    urllib.request.urlopen(request, timeout=60).close()  # noqa: S310 - our own address


def state_of_page(address: str) -> str:
    """In which list the page stands."""
    with urllib.request.urlopen(f"{address}/v1/pages/{quote(PAGE)}", timeout=60) as answer:  # noqa: S310
        return str(json.loads(answer.read())["state"])


def first_article(address: str) -> str:
    """Where the first article of the queue is shown."""
    with urllib.request.urlopen(f"{address}/desk", timeout=60) as answer:  # noqa: S310
        shown = str(answer.read().decode())
    return "/desk/articles/" + shown.split('class="item" href="/desk/articles/')[1].split('"', maxsplit=1)[0]


def take(
    browser: Browser, address: str, size: tuple[int, int], scheme: Scheme, language: str, name: str
) -> Image.Image:
    """One picture of a view."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    context.add_cookies([{"name": "lang", "value": language, "url": address}])
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(address)
    if name in ("page", "article"):
        page.wait_for_selector("[data-ready]")
    if name == "try":
        page.click("#sample")
        page.wait_for_function("document.getElementById('text').value.length > 100")
        page.click("#run")
        page.wait_for_selector("#split:not([hidden])")
        if size[0] < 500:
            page.locator("#results").scroll_into_view_if_needed()
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    context.close()
    return picture


def write(file: Path, taken: list[Image.Image], most: int) -> None:
    """The pictures side by side, as large as fits into so many bytes."""
    gap = 8
    for scale in (0.62, 0.56, 0.5, 0.44, 0.38, 0.33, 0.28):
        small = [p.resize((round(p.width * scale), round(p.height * scale)), Image.Resampling.LANCZOS) for p in taken]
        whole = Image.new("RGB", (sum(p.width for p in small) + gap * (len(small) - 1), small[0].height), "#888")
        at = 0
        for part in small:
            whole.paste(part, (at, 0))
            at += part.width + gap
        for quality in (40, 30, 22, 16, 12):
            out = io.BytesIO()
            whole.save(out, "WEBP", quality=quality, method=6)
            if out.tell() <= most:
                file.write_bytes(out.getvalue())
                print(file.name, scale, quality, out.tell())
                return
    raise SystemExit(f"{file.name} does not fit into {most} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "desk")

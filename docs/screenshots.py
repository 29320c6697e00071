"""Take a picture of every page, at desktop and phone width, light and dark: `make screenshots`.

python -m docs.screenshots [FOLDER]        the folder is docs/screenshots by default
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
]
PAGES = {
    "people": "/people",
    "companies": "/companies",
    "projects": "/projects",
    "agenda": "/agenda",
    "reports": "/reports",
    "scenarios": "/scenarios",
    "scenario": "/scenarios/1?module=2",
    "scenario-import": "/scenarios/import",
    "modules": "/modules",
    "module": "/modules/createAPerson",
    "executions": "/executions",
    "import": "/import",
    "settings": "/settings",
    "webhooks": "/settings/webhooks",
    "connections": "/settings/connections",
    "apps": "/settings/apps",
    "add-person": "/people/new",
}
LOOKS = {
    "desktop-light": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "light"},
    "desktop-dark": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "dark"},
    "phone-light": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
    "phone-dark": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str) -> None:
    """Until the server answers."""
    for _ in range(150):
        try:
            urllib.request.urlopen(f"{url}/readyz", timeout=1)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise SystemExit("the server did not start")


def furnish(page: Page, url: str, folder: Path) -> None:
    """First run, sample office, a scenario that has run."""
    page.goto(url)
    page.screenshot(path=folder / "first-run.png", full_page=True)
    page.fill("[name=name]", "Dana Ekwueme")
    page.fill("[name=email]", "dana@office.example")
    page.fill("[name=password]", "three small words")
    page.click("text=Create the account")
    page.wait_for_url("**/welcome")
    page.screenshot(path=folder / "welcome.png", full_page=True)
    page.click("text=Move it in")
    page.wait_for_url("**/people")
    page.goto(f"{url}/scenarios")
    page.click("text=Take the example")
    page.click("text=Connect to my own account")
    page.wait_for_selector("text=Connected.")
    page.click(".toolbar [role=switch]")
    page.wait_for_selector(".toolbar [role=switch][aria-checked=true]")
    page.goto(f"{url}/people?stage=current")
    page.click("#rows li a >> nth=0")
    page.select_option("select[name=stage]", "lead")
    page.wait_for_timeout(1500)


def shoot(browser: Browser, url: str, state: object, folder: Path) -> None:
    """Every page in every look."""
    for look, options in LOOKS.items():
        context = browser.new_context(storage_state=state, **options)  # type: ignore[arg-type]
        page = context.new_page()
        for name, path in PAGES.items():
            page.goto(url + path)
            page.screenshot(path=folder / f"{name}-{look}.png", full_page=True)
        for name, path in (("person", "/people?stage=lead"), ("execution", "/executions")):
            page.goto(url + path)
            page.click("#rows a >> nth=0")
            page.wait_for_load_state()
            page.screenshot(path=folder / f"{name}-{look}.png", full_page=True)
        context.close()


def main(arguments: list[str]) -> None:
    """Start a server of its own, walk through it, leave the pictures."""
    folder = Path(arguments[0]) if arguments else Path(__file__).parent / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        raise SystemExit("this needs Chromium: scripts/ensure-browser")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        command = [sys.executable, "-m", "tieline.cli", "serve", "--data-dir", data, "--port", str(port)]
        server = subprocess.Popen(command, env={**os.environ, "TIELINE_ALLOW_PRIVATE_TARGETS": "loopback"})
        try:
            wait_for(url)
            browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
            context = browser.new_context(viewport={"width": 1280, "height": 860})
            furnish(context.new_page(), url, folder)
            shoot(browser, url, context.storage_state(), folder)
            browser.close()
        finally:
            server.terminate()
            server.wait(30)
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")


if __name__ == "__main__":
    main(sys.argv[1:])

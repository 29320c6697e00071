"""A web app that shows who changed last in a Tieline account, with its owner's consent. Python's standard library only.

TIELINE_URL=http://127.0.0.1:8642 CLIENT_ID=… CLIENT_SECRET=… python app.py
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import secrets
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qsl, urlencode, urlsplit
from urllib.request import Request, urlopen

TIELINE = os.environ.get("TIELINE_URL", "http://127.0.0.1:8642")
CLIENT_ID = os.environ["CLIENT_ID"]
CLIENT_SECRET = os.environ["CLIENT_SECRET"]
PORT = int(os.environ.get("PORT", "8650"))
CALLBACK = f"http://127.0.0.1:{PORT}/callback"

begun: dict[str, str] = {}  # state to verifier, of those who are consenting right now


def authorization_url() -> str:
    """Step 1: where the person consents. The state comes back with them; the verifier stays here."""
    state, verifier = secrets.token_urlsafe(16), secrets.token_urlsafe(48)
    begun[state] = verifier
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": CALLBACK,
        "scope": "basic read_relation",
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{TIELINE}/oauth/authorize?{urlencode(asked)}"


def tokens(**given: str) -> dict[str, Any]:
    """Steps 2 and 4: a code, or a refresh token, for an access token."""
    sent = {**given, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    with urlopen(Request(f"{TIELINE}/oauth/token", urlencode(sent).encode())) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def call(path: str, held: dict[str, Any]) -> dict[str, Any]:
    """Step 3: any endpoint of the API; a token that has ended (401) is renewed once."""
    for again in (True, False):
        request = Request(f"{TIELINE}{path}", headers={"Authorization": f"Bearer {held['access_token']}"})
        try:
            with urlopen(request) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except HTTPError as error:
            if error.code != 401 or not again:
                raise
            held.update(tokens(grant_type="refresh_token", refresh_token=held["refresh_token"]))
    raise AssertionError("unreachable")


class App(BaseHTTPRequestHandler):
    """Two addresses: `/` sends people to Tieline, `/callback` receives them."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/":
            self.send_response(302)
            self.send_header("Location", authorization_url())
            self.end_headers()
        elif parts.path == "/callback":
            self.show(*self.received(dict(parse_qsl(parts.query))))
        else:
            self.send_error(404)

    def received(self, given: dict[str, str]) -> tuple[int, str]:
        """Status and text of the page that somebody sees who comes back."""
        verifier = begun.pop(given.get("state", ""), None)
        if verifier is None:
            return 400, "This was not begun here."
        if "error" in given:
            return 200, f"No access: {given.get('error_description', given['error'])}"
        held = tokens(
            grant_type="authorization_code", code=given["code"], redirect_uri=CALLBACK, code_verifier=verifier
        )
        who = call("/v1/user/profile", held)["profile"]["email"]
        people = call("/v1/people/find?pagesize=5&sort=lastchanged", held)
        names = ", ".join(person["name"] for person in people["people"]) or "nobody yet"
        return 200, f"{who} knows {people['availablecount']}: {names}"

    def show(self, status: int, text: str) -> None:
        """One line of HTML."""
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(f"<!doctype html><title>Example</title><p>{html.escape(text)}</p>".encode())


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", PORT), App)
    print(f"Open http://127.0.0.1:{PORT}/", flush=True)
    server.serve_forever()

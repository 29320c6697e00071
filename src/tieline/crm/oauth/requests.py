"""An authorization request, checked: first whose it is and where the answer goes, then what it asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

import msgspec

from tieline.crm.oauth import apps
from tieline.crm.oauth.apps import App
from tieline.crm.oauth.protocol import Refusal, check_challenge, read_scopes
from tieline.errors import InvalidInput
from tieline.store.database import Transaction

PARAMETERS: Final = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)
LONGEST_STATE: Final = 4000


class Sender(msgspec.Struct, frozen=True):
    """Who asks, and where the answer goes. `named`: the request named that address itself."""

    app: App
    redirect_uri: str
    named: bool
    state: str | None

    def back(self, **answer: str) -> str:
        """The address of the app with an answer, and the app's own state."""
        if self.state is not None:
            answer["state"] = self.state
        joint = "&" if "?" in self.redirect_uri else "?"
        return f"{self.redirect_uri}{joint}{urlencode(answer)}"

    def refused(self, refusal: Refusal) -> str:
        """The address of the app with a refusal."""
        return self.back(error=refusal.error, error_description=refusal.message)


class Asked(msgspec.Struct, frozen=True):
    """What an app asks an account for."""

    sender: Sender
    scopes: tuple[str, ...]
    challenge: str | None = None
    method: str | None = None


def sender_of(tx: Transaction, given: Mapping[str, str]) -> Sender:
    """Who asks. Raises InvalidInput: nobody may be sent to an address that the app has not registered."""
    client_id = given.get("client_id", "")
    if not client_id:
        raise InvalidInput("is required", field="client_id", remedy="the app must say who it is")
    app = apps.find_by_client_id(tx, client_id)
    if app is None:
        raise InvalidInput(
            "belongs to no app of this server", field="client_id", remedy="register the app, or ask its maker"
        )
    address = given.get("redirect_uri", "")
    if not address and len(app.redirect_uris) > 1:
        raise InvalidInput(
            f"is required: {app.name} has several", field="redirect_uri", remedy="name one of them"
        )
    if address and address not in app.redirect_uris:
        raise InvalidInput(
            f"is not registered for {app.name}",
            field="redirect_uri",
            remedy="it must be written exactly as in the app's settings",
        )
    state = given.get("state", "")
    if len(state) > LONGEST_STATE:
        raise InvalidInput(f"at most {LONGEST_STATE} characters", field="state")
    return Sender(app, address or app.redirect_uris[0], bool(address), state or None)


def asked_of(sender: Sender, given: Mapping[str, str]) -> Asked:
    """What is asked for. Raises Refusal, which the app may be told."""
    kind = given.get("response_type", "")
    if not kind:
        raise Refusal("invalid_request", "response_type is required")
    if kind != "code":
        raise Refusal("unsupported_response_type", "response_type must be code")
    scopes = read_scopes(given.get("scope", ""))
    challenge = given.get("code_challenge", "")
    method = given.get("code_challenge_method", "") or "plain"
    if not challenge:
        if sender.app.public or given.get("code_challenge_method"):
            raise Refusal("invalid_request", "code_challenge is required")
        return Asked(sender, scopes)
    check_challenge(challenge, method)
    return Asked(sender, scopes, challenge, method)

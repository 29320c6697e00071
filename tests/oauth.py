"""An app as its makers see it: registered at a server, with the consent of an account."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.servers import Answer, RunningServer
from tieline.crm import accounts
from tieline.crm.oauth import apps, grants, requests
from tieline.crm.oauth.apps import App, AppDraft
from tieline.store.database import Transaction

BACK = "https://app.example.org/callback"


@dataclass
class ThirdParty:
    """An app of one account, asking the account of `api`."""

    api: RunningServer
    app: App
    secret: str | None

    @classmethod
    def at(cls, api: RunningServer, *, public: bool = False, back: str = BACK) -> ThirdParty:
        draft = AppDraft("Mail merge", [back], "Sends the same mail to many people.")
        return cls(api, *api.write(apps.register, api.account_id, draft, public=public))

    def consent(self, **given: str) -> str:
        """The code that a consent gives."""

        def act(tx: Transaction) -> str:
            request = {"response_type": "code", "client_id": self.app.client_id, **given}
            sender = requests.sender_of(tx, request)
            caller = accounts.caller_by_id(tx, self.api.account_id)
            return grants.approve(tx, caller, requests.asked_of(sender, request))

        return self.api.write(act)

    def token(self, **given: str) -> Answer:
        """A request to the token endpoint with the app's credentials in the body."""
        known = {"client_id": self.app.client_id, "client_secret": self.secret or ""}
        return self.post({**known, **given})

    def post(self, given: dict[str, str], path: str = "/oauth/token", **headers: str) -> Answer:
        """A form, and nothing else."""
        sent = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        return self.api.request("POST", path, key=None, body=urlencode(given).encode(), headers=sent)

    def basic(self) -> str:
        """The header that carries the app's credentials."""
        return f"Basic {base64.b64encode(f'{self.app.client_id}:{self.secret}'.encode()).decode()}"

    def connect(self, scope: str) -> Any:
        """The tokens of a consent."""
        answer = self.token(grant_type="authorization_code", code=self.consent(scope=scope))
        assert answer.status == 200, answer.body
        return answer.json()

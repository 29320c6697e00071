"""Every page on one screen."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.convertors import Convertor, register_url_convertor
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from tieline.records.kinds import BY_PLURAL
from tieline.web.page import Handler, page
from tieline.web.pages import (
    account,
    agenda,
    api_docs,
    apps,
    chains,
    connections,
    consent,
    consents,
    datastores,
    entries,
    executions,
    hooks,
    imports,
    incomplete,
    keychains,
    lists,
    merges,
    modules,
    record,
    reports,
    scenarios,
    schedules,
    sign_in,
    team,
    versions,
    webhooks,
    words,
)
from tieline.web.templating import FOLDER

GET, POST = ["GET"], ["POST"]


class _KindConvertor(Convertor[str]):
    """The plural of a kind of record: any other path is unknown, signed in or not."""

    regex = "|".join(BY_PLURAL)

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("kind", _KindConvertor())


def routes() -> list[BaseRoute]:
    """The route table."""
    return [
        Mount("/static", StaticFiles(directory=FOLDER / "static")),
        _public("/", sign_in.start, GET),
        _public("/sign-in", sign_in.show, GET),
        _public("/sign-in", sign_in.enter, POST),
        _public("/sign-up", sign_in.create, POST),
        _public("/oauth/authorize", consent.ask, GET),
        _public("/oauth/authorize", consent.decide, POST),
        _public("/docs", api_docs.show, GET),
        _page("/welcome", sign_in.welcome, GET),
        _page("/sign-out", sign_in.leave, POST),
        _page("/agenda", agenda.show, GET),
        _page("/settings", account.show, GET),
        _page("/settings/profile", account.save_profile, POST),
        _page("/settings/password", account.save_password, POST),
        _page("/settings/keys", account.add_key, POST),
        _page("/settings/keys/{key_id:int}/revoke", account.revoke_key, POST),
        _page("/settings/sessions/end", account.end_sessions, POST),
        _page("/settings/labels", account.save_labels, POST),
        _page("/settings/steps", words.add_step, POST),
        _page("/settings/steps/{step}", words.change_step, POST),
        _page("/settings/steps/{step}/remove", words.ask_step, GET),
        _page("/settings/steps/{step}/remove", words.remove_step, POST),
        _page("/settings/fields", words.add_field, POST),
        _page("/settings/fields/{field}", words.change_field, POST),
        _page("/settings/fields/{field}/remove", words.ask_field, GET),
        _page("/settings/fields/{field}/remove", words.remove_field, POST),
        _page("/settings/views", words.save_view, POST),
        _page("/settings/views/{kind}/{view}/remove", words.ask_view, GET),
        _page("/settings/views/{kind}/{view}/remove", words.remove_view, POST),
        _page("/settings/sample", account.sample_office, POST),
        _page("/settings/team", team.show, GET),
        _page("/settings/team", team.create, POST),
        _page("/settings/team/invite", team.invite, POST),
        _page("/settings/team/withdraw", team.withdraw, POST),
        _page("/settings/team/change", team.change, POST),
        _page("/settings/team/remove", team.remove, POST),
        _page("/settings/team/invitations/{team:int}", team.answer, POST),
        _page("/settings/merging", account.save_merging, POST),
        _page("/merges", merges.show, GET),
        _page("/merges/{number:int}", merges.decide, POST),
        _page("/settings/webhooks", webhooks.show, GET),
        _page("/settings/webhooks", webhooks.add, POST),
        _page("/settings/webhooks/{uniqueid}/resume", webhooks.resume, POST),
        _page("/settings/webhooks/{uniqueid}/remove", webhooks.remove, POST),
        _page("/settings/webhooks/{uniqueid}/secret", webhooks.secret, POST),
        _page("/settings/webhooks/{uniqueid}/test", webhooks.test, POST),
        _page("/settings/webhooks/deliveries/{delivery:int}/again", webhooks.redeliver, POST),
        _page("/settings/connections", connections.show, GET),
        _page("/settings/connections", connections.add, POST),
        _page("/settings/connections/oauth", consents.begin, POST),
        _page("/settings/connections/callback", consents.finish, GET),
        _page("/settings/connections/{number:int}/again", consents.again, POST),
        _page("/settings/connections/{number:int}/test", connections.test, POST),
        _page("/settings/connections/{number:int}/rotate", connections.rotate, POST),
        _page("/settings/connections/{number:int}/remove", connections.remove, POST),
        _page("/settings/keychains", keychains.show, GET),
        _page("/settings/keychains", keychains.add, POST),
        _page("/settings/keychains/{number:int}/remove", keychains.remove, POST),
        _page("/settings/apps", apps.show, GET),
        _page("/settings/apps", apps.register, POST),
        _page("/settings/apps/{number:int}", apps.edit, GET),
        _page("/settings/apps/{number:int}", apps.save, POST),
        _page("/settings/apps/{number:int}/secret", apps.new_secret, POST),
        _page("/settings/apps/{number:int}/revoke", apps.revoke, POST),
        _page("/settings/apps/{number:int}/disconnect", apps.disconnect, POST),
        _page("/scenarios", scenarios.listing, GET),
        _page("/scenarios/import", scenarios.import_form, GET),
        _page("/scenarios/import", scenarios.import_blueprint, POST),
        _page("/scenarios/{number:int}", scenarios.show, GET),
        _page("/scenarios/{number:int}/connect", scenarios.connect, POST),
        _page("/scenarios/{number:int}/switch", scenarios.switch, POST),
        _page("/scenarios/{number:int}/run", scenarios.run, POST),
        _page("/scenarios/{number:int}/webhook", hooks.show, GET),
        _page("/scenarios/{number:int}/webhook", hooks.save, POST),
        _page("/scenarios/{number:int}/webhook/learn", hooks.learn, POST),
        _page("/scenarios/{number:int}/queue/run", hooks.run_queued, POST),
        _page("/scenarios/{number:int}/queue/{execution}/run", hooks.run_queued, POST),
        _page("/scenarios/{number:int}/queue/{execution}/delete", hooks.take_out, POST),
        _page("/scenarios/chains", chains.show, GET),
        _page("/scenarios/{number:int}/order", chains.set_order, POST),
        _page("/scenarios/{number:int}/start", schedules.items, GET),
        _page("/scenarios/{number:int}/start", schedules.start_at, POST),
        _page("/scenarios/{number:int}/schedule", schedules.show, GET),
        _page("/scenarios/{number:int}/schedule", schedules.save, POST),
        _page("/scenarios/{number:int}/schedule/preview", schedules.preview, POST),
        _page("/scenarios/{number:int}/versions", versions.show, GET),
        _page("/scenarios/{number:int}/versions", versions.save, POST),
        _page("/scenarios/{number:int}/restore", versions.restore, POST),
        _page("/scenarios/{number:int}/repoint", versions.repoint, POST),
        _page("/scenarios/{number:int}/rename", scenarios.rename, POST),
        _page("/scenarios/{number:int}/delete", scenarios.remove, POST),
        _page("/scenarios/{number:int}/export", scenarios.export, GET),
        _page("/scenarios/{number:int}/probe", scenarios.probe, POST),
        _page("/scenarios/{number:int}/catch-all", scenarios.catch_all, POST),
        _page("/scenarios/{number:int}/incomplete", incomplete.listing, GET),
        _page("/scenarios/{number:int}/incomplete", incomplete.act, POST),
        _page("/scenarios/{number:int}/incomplete/{which:int}", incomplete.show, GET),
        _page("/scenarios/{number:int}/incomplete/{which:int}", incomplete.resume, POST),
        _page("/datastores", datastores.listing, GET),
        _page("/datastores", datastores.create, POST),
        _page("/datastores/{number:int}", datastores.show, GET),
        _page("/datastores/{number:int}", datastores.save, POST),
        _page("/datastores/{number:int}/remove-record", datastores.remove_record, POST),
        _page("/datastores/{number:int}/delete", datastores.remove, POST),
        _page("/modules", modules.listing, GET),
        _page("/modules/{name}", modules.show, GET),
        _page("/modules/{name}", modules.run_once, POST),
        _page("/modules/{name}/choices/{field}", modules.field_choices, GET),
        _page("/executions", executions.listing, GET),
        _page("/executions/{execution}", executions.show, GET),
        _page("/executions/{execution}/replay", executions.replay, POST),
        _page("/reports", reports.show, GET),
        _page("/reports/entries", reports.listed_entries, GET),
        _page("/reports/leads", reports.listed_leads, GET),
        _page("/import", imports.show, GET),
        _page("/import", imports.look, POST),
        _page("/import/start", imports.start, POST),
        _page("/import/{number:int}", imports.progress, GET),
        _page("/import/{number:int}/start", imports.start_checked, POST),
        _page("/import/{number:int}/rejected", imports.rejected, GET),
        _page("/changes/{change_id:int}/undo", record.undo, POST),
        _page("/entries/{key}/done", entries.done, POST),
        _page("/entries/{key}/open", entries.reopen, POST),
        _page("/entries/{key}/delete", entries.delete, POST),
        _page("/{plural:kind}", lists.show, GET),
        _page("/{plural:kind}/new", record.new, GET),
        _page("/{plural:kind}/new", record.create, POST),
        _page("/{plural:kind}/{key}", record.show, GET),
        _page("/{plural:kind}/{key}/timeline", record.timeline, GET),
        _page("/{plural:kind}/{key}/edit", record.edit, GET),
        _page("/{plural:kind}/{key}/edit", record.save, POST),
        _page("/{plural:kind}/{key}/place", record.place, POST),
        _page("/{plural:kind}/{key}/log", entries.log, POST),
        _page("/{plural:kind}/{key}/delete", record.delete, POST),
    ]


def _page(path: str, handler: Handler, methods: Sequence[str]) -> Route:
    return Route(path, page(handler), methods=list(methods))


def _public(path: str, handler: Handler, methods: Sequence[str]) -> Route:
    return Route(path, page(handler, public=True), methods=list(methods))

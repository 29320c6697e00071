"""The owner's API on one screen."""

from __future__ import annotations

from starlette.routing import BaseRoute, Mount, Route

from tieline.control import (
    apps,
    bindings,
    clients,
    datastores,
    doctor,
    incomplete,
    keychains,
    office,
    queries,
    reports,
    triggers,
    versions,
)
from tieline.control import handlers as h
from tieline.control.frame import Handler, control


def _route(method: str, path: str, handler: Handler, *, owner: bool = False) -> Route:
    return Route(path, control(handler, owner=owner), methods=[method])


def routes() -> list[BaseRoute]:
    """Everything under /control."""
    return [
        Mount(
            "/control",
            routes=[
                _route("POST", "/accounts", h.create_account, owner=True),
                _route("GET", "/accounts", h.list_accounts, owner=True),
                _route("GET", "/doctor", doctor.examine, owner=True),
                _route("POST", "/accounts/key", h.create_key, owner=True),
                _route("POST", "/accounts/password", h.set_password, owner=True),
                _route("GET", "/account", clients.account),
                _route("POST", "/exchange", clients.exchange),
                _route("GET", "/connections", h.list_connections),
                _route("POST", "/connections", h.add_connection),
                _route("POST", "/connections/{name:path}/test", h.test_connection),
                _route("POST", "/connections/{name:path}/rotate", h.rotate_connection),
                _route("DELETE", "/connections/{name:path}", h.remove_connection),
                _route("GET", "/keychains", keychains.listing),
                _route("POST", "/keychains", keychains.add),
                _route("DELETE", "/keychains/{name}", keychains.remove),
                _route("GET", "/datastores", datastores.listing),
                _route("POST", "/datastores", datastores.create),
                _route("GET", "/datastores/{name}", datastores.show),
                _route("DELETE", "/datastores/{name}", datastores.remove),
                _route("POST", "/datastores/{name}/records", datastores.put_record),
                _route("POST", "/datastores/{name}/records/remove", datastores.remove_record),
                _route("GET", "/apps", apps.listing),
                _route("POST", "/apps", apps.register),
                _route("DELETE", "/apps/{client_id}", apps.revoke),
                _route("GET", "/modules", h.list_modules),
                _route("GET", "/modules/{name}", h.show_module),
                _route("POST", "/modules/{name}/run", h.run_module),
                _route("GET", "/scenarios", h.list_scenarios),
                _route("POST", "/scenarios", h.import_scenario),
                _route("POST", "/lint", h.lint_blueprint),
                _route("GET", "/scenarios/{number:int}", h.show_scenario),
                _route("DELETE", "/scenarios/{number:int}", h.remove_scenario),
                _route("GET", "/scenarios/{number:int}/export", h.export_scenario),
                _route("GET", "/scenarios/{number:int}/versions", versions.listing),
                _route("POST", "/scenarios/{number:int}/versions", versions.save),
                _route("GET", "/scenarios/{number:int}/diff", versions.compare),
                _route("POST", "/scenarios/{number:int}/restore", versions.restore),
                _route("POST", "/scenarios/{number:int}/repoint", versions.repoint),
                _route("POST", "/scenarios/{number:int}/connect", h.connect_scenario),
                _route("POST", "/scenarios/{number:int}/bind", bindings.bind),
                _route("POST", "/scenarios/{number:int}/schedule", h.schedule_scenario),
                _route("GET", "/scenarios/{number:int}/next", triggers.next_times),
                _route("GET", "/scenarios/{number:int}/start", triggers.polled_items),
                _route("POST", "/scenarios/{number:int}/start", triggers.start_at),
                _route("GET", "/chains", triggers.show_chains),
                _route("GET", "/scenarios/{number:int}/order", triggers.show_order),
                _route("POST", "/scenarios/{number:int}/order", triggers.set_order),
                _route("GET", "/scenarios/{number:int}/hook", triggers.show_hook),
                _route("POST", "/scenarios/{number:int}/hook", triggers.change_hook),
                _route("POST", "/scenarios/{number:int}/hook/learn", triggers.learn),
                _route("GET", "/scenarios/{number:int}/queue", triggers.show_queue),
                _route("POST", "/scenarios/{number:int}/queue/run", triggers.run_queued),
                _route("POST", "/scenarios/{number:int}/queue/{execution}/run", triggers.run_queued),
                _route("DELETE", "/scenarios/{number:int}/queue", triggers.take_out),
                _route("DELETE", "/scenarios/{number:int}/queue/{execution}", triggers.take_out),
                _route("POST", "/scenarios/{number:int}/activate", h.activate),
                _route("POST", "/scenarios/{number:int}/deactivate", h.deactivate),
                _route("POST", "/scenarios/{number:int}/run", h.run_scenario),
                _route("GET", "/scenarios/{number:int}/incomplete", incomplete.listing),
                _route("POST", "/scenarios/{number:int}/incomplete/resume", incomplete.resume),
                _route("POST", "/scenarios/{number:int}/incomplete/delete", incomplete.remove),
                _route("GET", "/incomplete/{number:int}", incomplete.show),
                _route("GET", "/executions", h.list_executions),
                _route("GET", "/executions/{execution}", h.show_execution),
                _route("POST", "/executions/{execution}/replay", h.replay_execution),
                _route("POST", "/imports", h.start_import),
                _route("GET", "/imports/{number:int}", h.import_status),
                _route("GET", "/imports/{number:int}/rejected", h.import_rejected),
                _route("GET", "/records/{kind}", h.export_records),
                _route("POST", "/query/{kind}", queries.explain),
                _route("POST", "/query/{kind}/find", queries.find),
                _route("GET", "/settings", office.export_settings),
                _route("POST", "/settings", office.apply_settings),
                _route("GET", "/team", office.show_team),
                _route("POST", "/team", office.create_team),
                _route("POST", "/team/members", office.add_member, owner=True),
                _route("POST", "/team/members/update", office.update_member),
                _route("POST", "/team/members/remove", office.remove_member, owner=True),
                _route("POST", "/reports/{name}", reports.show),
                _route("POST", "/sample", h.load_sample),
                _route("DELETE", "/sample", h.remove_sample),
            ],
        )
    ]

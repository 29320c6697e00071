"""The whole route table (contract 2.1, 2.2)."""

from __future__ import annotations

import zlib

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tieline.api import analytics, bulk, extensions, merges, oauth, tasks, team, timeline, user, webhooks
from tieline.api import people_companies_projects as relations
from tieline.api.call import Endpoint
from tieline.api.dispatch import Api
from tieline.api.openapi import encoded
from tieline.records.kinds import KINDS

_PERSON, _PROJECT = KINDS["person"], KINDS["project"]

ENDPOINTS: tuple[Endpoint, ...] = (
    *(
        Endpoint(method, f"/v1/{kind.plural}/{name}", scope, handler, kind)
        for kind in KINDS.values()
        for method, name, scope, handler in (
            ("GET", "find", "read_relation", relations.find),
            ("POST", "find", "read_relation", relations.find),
            ("GET", "feed", "read_relation", relations.feed),
            ("GET", "get", "read_relation", relations.get),
            ("POST", "get", "read_relation", relations.get),
            ("POST", "getmany", "read_relation", relations.get_many),
            ("POST", "create", "change_relation", relations.create),
            ("POST", "update", "change_relation", relations.update),
            ("DELETE", "delete", "change_relation", relations.delete),
            ("POST", "timeline", "read_content", timeline.entries),
        )
    ),
    Endpoint("POST", "/v1/people/submit", "change_relation", relations.submit, _PERSON),
    Endpoint("GET", "/v1/projects/similar", "read_relation", relations.similar, _PROJECT),
    Endpoint("POST", "/v1/projects/similar", "read_relation", relations.similar, _PROJECT),
    Endpoint("POST", "/v1/timeline/communication/create", "change_content", timeline.communication, older=("/v1/createcommunication",)),
    Endpoint("POST", "/v1/timeline/content/create", "change_content", timeline.content, older=("/v1/createcontent",)),
    Endpoint("POST", "/v1/timeline/todo/create", "change_content", timeline.todo, older=("/v1/createtodo",)),
    Endpoint("POST", "/v1/messages/get", "read_content", timeline.messages),
    Endpoint("POST", "/v1/messages/body", "read_content", timeline.body),
    Endpoint("GET", "/v1/messages/opens", "read_content", timeline.opens),
    Endpoint("POST", "/v1/x/messages/opened", "change_content", extensions.opened),
    Endpoint("POST", "/v1/analytics/activity", "analytics", analytics.activity),
    Endpoint("POST", "/v1/analytics/teamactivity", "analytics", analytics.team_activity),
    Endpoint("GET", "/v1/analytics/teamactivity/update", "analytics", analytics.update_team_activity),
    Endpoint("POST", "/v1/analytics/projects", "analytics", analytics.projects),
    Endpoint("POST", "/v1/analytics/leads", "analytics", analytics.leads),
    Endpoint("POST", "/v1/analytics/funnel", "analytics", analytics.funnel),
    Endpoint("GET", "/v1/user/profile", "basic", user.profile),
    Endpoint("GET", "/v1/profile", "basic", user.older_profile),
    Endpoint("GET", "/v1/user/fields", "basic", user.fields, older=("/v1/customfields",)),
    Endpoint("GET", "/v1/user/segments/people", "basic", user.segments, _PERSON, ("/v1/people_segments", "/v1/user/segments/companies")),
    Endpoint("GET", "/v1/user/segments/projects", "basic", user.segments, _PROJECT, ("/v1/project_segments",)),
    Endpoint("GET", "/v1/user/stages/people", "basic", user.stages, _PERSON, ("/v1/people_stages",)),
    Endpoint("GET", "/v1/user/stages/projects", "basic", user.stages, _PROJECT, ("/v1/project_stages",)),
    Endpoint("GET", "/v1/user/steps", "basic", user.steps, older=("/v1/steps", "/v1/account/steps")),
    Endpoint("GET", "/v1/user/views", "basic", user.views, older=("/v1/views",)),
    Endpoint("GET", "/v1/user/keywords", "basic", user.keywords),
    Endpoint("GET", "/v1/user/recipients", "basic", user.recipients),
    *(
        Endpoint("POST", f"/v1/x/{kind.plural}/bulk", "change_relation", bulk.bulk, kind, streams=True)
        for kind in KINDS.values()
    ),
    Endpoint("GET", "/v1/x/todos", "read_content", tasks.todos),
    Endpoint("POST", "/v1/x/todos/complete", "change_content", tasks.complete),
    Endpoint("POST", "/v1/x/todos/reopen", "change_content", tasks.reopen),
    Endpoint("POST", "/v1/x/todos/update", "change_content", tasks.update),
    Endpoint("DELETE", "/v1/x/todos/delete", "change_content", tasks.delete),
    Endpoint("POST", "/v1/x/notes/update", "change_content", tasks.update_note),
    Endpoint("DELETE", "/v1/x/notes/delete", "change_content", tasks.delete_note),
    Endpoint("POST", "/v1/x/webhooks/resume", "read_relation", webhooks.resume),
    Endpoint("POST", "/v1/x/webhooks/secret", "read_relation", webhooks.secret),
    Endpoint("POST", "/v1/x/webhooks/test", "read_relation", webhooks.test),
    Endpoint("GET", "/v1/x/webhooks/deliveries", "read_relation", webhooks.deliveries),
    Endpoint("POST", "/v1/x/webhooks/redeliver", "read_relation", webhooks.redeliver),
    Endpoint("POST", "/v1/x/merge", "change_relation", merges.merge),
    Endpoint("POST", "/v1/x/unmerge", "change_relation", merges.unmerge),
    Endpoint("GET", "/v1/x/merges", "read_relation", merges.waiting),
    Endpoint("POST", "/v1/x/merges/decide", "change_relation", merges.decide),
    Endpoint("GET", "/v1/x/score", "read_content", extensions.score),
    Endpoint("GET", "/v1/x/query/suggest", "read_relation", extensions.suggest),
    Endpoint("GET", "/v1/team/members/list", "read_relation", team.members, older=("/v1/team/members",)),
    Endpoint("GET", "/v1/team/roles", "read_relation", team.roles),
    Endpoint("GET", "/v1/team/nodes", "basic", team.nodes),
    Endpoint("POST", "/v1/team/members/update", "change_relation", team.update),
    Endpoint("GET", "/v1/webhooks", "read_relation", webhooks.listing, older=("/v1/subscriptions",)),
    Endpoint("POST", "/v1/webhooks/subscribe", "read_relation", webhooks.subscribe, older=("/v1/subscribe",)),
    Endpoint("POST", "/v1/webhooks/unsubscribe", "read_relation", webhooks.unsubscribe, older=("/v1/unsubscribe",)),
)  # fmt: skip


def routes() -> list[BaseRoute]:
    """Everything under /v1, what apps exchange tokens at, and the document that describes it all."""
    return [Api(ENDPOINTS), *oauth.routes(), Route("/openapi.json", openapi)]


async def openapi(request: Request) -> Response:
    """The OpenAPI document of this server: for tools, which may ask from anywhere and without a key."""
    made = encoded(ENDPOINTS, request.app.state.settings.base_url)
    headers = {"Access-Control-Allow-Origin": "*", "ETag": f'"{zlib.crc32(made):x}"'}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(made, headers=headers, media_type="application/json")

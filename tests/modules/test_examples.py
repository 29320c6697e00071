"""The examples of the documentation, run: the input gives the output that its page prints, on every way it shows."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from docs import build
from tests.receiver import Receiver
from tieline import AsyncCloze, Cloze
from tieline.cli.commands import _pair
from tieline.crm import settings
from tieline.modules import MODULES, reference
from tieline.modules.examples import EXAMPLES, Step
from tieline.modules.inputs import checked
from tieline.modules.mapping import FieldMap
from tieline.modules.runner import CallContext, Exchange, parse_event, run_all, subscribe

if TYPE_CHECKING:
    from tests.servers import RunningServer

PAGES = Path(build.__file__).parent / "reference" / "modules"
CALLED = [slug for slug, module in MODULES.items() if module.kind != "instant_trigger"]
TRIGGERS = [slug for slug, module in MODULES.items() if module.kind == "instant_trigger"]


def contains(found: Any, wanted: Any) -> bool:
    """Whether every member that is wanted is there; lists are compared entry by entry."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            contains(found.get(name), value) for name, value in wanted.items()
        )
    if isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(contains, found, wanted))
    return bool(found == wanted)


async def perform(cloze: AsyncCloze, *steps: Step) -> None:
    for slug, given in steps:
        await run_all(MODULES[slug], given, client=cloze)


def prepare(server: RunningServer) -> None:
    """What the account of the examples has before: a next step."""

    def add(tx: Any) -> None:
        step = settings.StepSetting("customer", "lead", "s-1", "Send the offer")
        made = msgspec.structs.replace(settings.load_settings(tx, server.account_id), steps=[step])
        settings.save_settings(tx, server.account_id, made)

    server.write(add)


async def inputs(cloze: AsyncCloze, slug: str) -> list[Any]:
    """The example's input, or one for each bundle that it is mapped from."""
    example = EXAMPLES[slug]
    if example.of_each is None:
        return [dict(example.given)]
    source, given = example.of_each
    mapping = FieldMap(MODULES[slug], example.given)
    return [mapping.apply(bundle) for bundle in await run_all(MODULES[source], given, client=cloze)]


def test_every_module_has_an_example_and_a_page() -> None:
    assert EXAMPLES.keys() == MODULES.keys()
    assert {path.stem for path in PAGES.glob("*.md")} == MODULES.keys()
    stale = [name for name, text in build.module_pages() if (build.HERE / name).read_text() != text]
    assert not stale, "run `make docs`"


@pytest.mark.parametrize("slug", CALLED)
async def test_the_example_gives_what_its_page_prints(server: RunningServer, slug: str) -> None:
    module, example = MODULES[slug], EXAMPLES[slug]
    prepare(server)
    seen: list[Exchange] = []
    async with AsyncCloze(api_key=server.api_key, url=server.url) as cloze:
        await perform(cloze, *example.before)
        (given,) = await inputs(cloze, slug)
        bundles = await run_all(module, given, client=cloze, context=CallContext(on_exchange=seen.append))
    assert any(contains(bundle, dict(example.gives)) for bundle in bundles), bundles
    if module.paging != "once":
        assert len(bundles) == 1
    if module.kind != "universal":
        known = {field.name for field in module.output} | {"errorcode", "message"}
        assert example.gives.keys() <= known
    method, path = reference.request(module).split("\n")[0].split("?")[0].split(" ")
    assert (seen[0].method, seen[0].path) == (method, path)
    assert len(seen) == 1 or module.reads_back or module.paging == "stamp"


@pytest.mark.parametrize("slug", CALLED)
def test_the_python_of_the_page_does_the_same(server: RunningServer, slug: str) -> None:
    example = EXAMPLES[slug]
    prepare(server)
    with Cloze(api_key=server.api_key, url=server.url) as cloze:
        for step in example.before:
            server.run(perform_inside(server, step))
        found = eval(reference.call(MODULES[slug]), {"cloze": cloze, "list": list})
    bundles = found if isinstance(found, list) else [found]
    assert any(contains(bundle, dict(example.gives)) for bundle in bundles), bundles


async def perform_inside(server: RunningServer, *steps: Step) -> None:
    async with AsyncCloze(api_key=server.api_key, url=server.url) as cloze:
        await perform(cloze, *steps)


@pytest.mark.parametrize("slug", CALLED)
def test_the_command_of_the_page_has_the_same_input(slug: str) -> None:
    module, example = MODULES[slug], EXAMPLES[slug]
    *sources, last = reference.command(module).split("|")
    words = shlex.split(last)
    assert words[:4] == ["tieline", "module", "run", module.label]
    assert set(words[4::2]) <= ({"--map"} if sources else {"--set"})
    typed = dict(_pair(text) for text in words[5::2])
    assert checked(module, typed) == checked(module, example.given)
    assert len(sources) == (example.of_each is not None)


@pytest.mark.parametrize("slug", TRIGGERS)
async def test_a_trigger_gives_what_its_page_prints(
    server: RunningServer, receiver: Receiver, slug: str
) -> None:
    module, example = MODULES[slug], EXAMPLES[slug]
    async with AsyncCloze(api_key=server.api_key, url=server.url) as cloze:
        await perform(cloze, *example.before)
        await subscribe(module, cloze, receiver.url, str(example.given["name"]), example.given)
        assert example.then is not None
        await perform(cloze, example.then)
    (delivery,) = await receiver.arrived(1)
    (bundle,) = parse_event(module, delivery.json())
    assert contains(bundle, dict(example.gives)), bundle
    assert bundle.keys() <= {field.name for field in module.output} | module.sample.keys()

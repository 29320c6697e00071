"""The relationship score explained (an extension), and its use in find."""

from __future__ import annotations

from tests.servers import RunningServer


def test_factors_sorting_and_queries(api: RunningServer) -> None:
    for name, touches in (("rosa", 6), ("otto", 1), ("ada", 0)):
        api.post("/v1/people/create", {"emails": [{"value": f"{name}@x.example"}], "name": name})
        for number in range(touches):
            sent = {"style": "meeting", "from": f"{name}@x.example", "subject": f"{number}"}
            assert api.post("/v1/timeline/communication/create", sent)["errorcode"] == 0
    found = api.get("/v1/x/score", id="rosa@x.example")
    assert found["score"] == 75  # 24 / (24 + 8)
    (factor,) = found["factors"]
    assert (factor["style"], factor["count"], factor["worth"]) == ("meeting", 6, 4.0)
    assert api.get("/v1/x/score", id="ada@x.example")["score"] == 0
    order = api.get("/v1/people/find", sort="bestrelationship")["people"]
    assert [record["name"] for record in order] == ["rosa", "otto", "ada"]
    order = api.get("/v1/people/find", sort="bestrelationship", sortdir="asc")["people"]
    assert [record["name"] for record in order] == ["otto", "rosa", "ada"]
    for text, names in (
        ("score over 50", {"rosa"}), ("score under 50", {"otto", "ada"}), ("strong relationships", {"rosa"}),
        ("score over 10 has a phone", set()), ("score of 75", {"rosa"}),
    ):  # fmt: skip
        people = api.get("/v1/people/find", freeformquery=text)["people"]
        assert {record["name"] for record in people} == names, text
    assert api.get("/v1/x/score")["errorcode"] == 11
    assert api.get("/v1/x/score", id="nobody@x.example")["errorcode"] == 404
    assert api.get("/v1/x/score", id="rosa@x.example", type="boats")["errorcode"] == 400

"""The local HTTP server of an episode: real requests, one application each, exact copies."""

import copy

import pytest

from firsthand.sandbox.http import Http, Request, Response


class Counter:
    """Counts what arrives."""

    def __init__(self, name):
        self.name, self.seen = name, []

    def respond(self, request: Request) -> Response:
        self.seen.append((request.method, request.path, request.query, request.body))
        return Response.of(200, {"name": self.name, "count": len(self.seen)}, x_told="yes")


def test_a_request_reaches_the_episode_s_own_application():
    one, other = Http(Counter("one")), Http(Counter("other"))
    answer = one.request("POST", "/a?b=c%20d", headers={"X-Own": "1"}, body=b"{}")
    assert answer.status == 200 and answer.headers["X-Told"] == "yes"
    assert answer.text.startswith("200 OK\n") and '"name":"one"' in answer.text
    assert one.application.seen == [("POST", "/a", {"b": "c d"}, b"{}")]
    assert other.application.seen == []


def test_a_host_named_by_a_client_is_not_another_episode_s():
    one, other = Http(Counter("one")), Http(Counter("other"))
    other.request("GET", "/")
    answer = one.request("GET", "/", headers={"Host": other._host})
    assert '"name":"one"' in answer.text and len(other.application.seen) == 1


@pytest.mark.parametrize(
    "target", ["", "http://1.1.1.1/", "file:///etc/passwd", "/a b", "/\r\nX: y", "/é"]
)
def test_what_is_no_path_is_refused(target):
    served = Http(Counter("one"))
    with pytest.raises(ValueError, match="A path begins with /"):
        served.request("GET", target)
    assert served.application.seen == []


def test_headers_cannot_carry_a_second_request():
    served = Http(Counter("one"))
    with pytest.raises(ValueError):
        served.request("GET", "/", headers={"X": "a\r\n\r\nGET /b HTTP/1.1"})
    assert '"count":1' in served.request("GET", "/").text


def test_copies_and_snapshots_go_their_own_ways():
    served = Http(Counter("one"))
    served.request("GET", "/1")
    kept, copied = served.snapshot(), copy.deepcopy(served)
    assert '"count":2' in served.request("GET", "/2").text
    assert '"count":2' in copied.request("GET", "/2").text
    served.restore(kept)
    assert [path for _, path, _, _ in served.application.seen] == ["/1"]
    served.request("GET", "/3")
    assert [path for _, path, _, _ in kept.seen] == ["/1"], "a state can be restored again"

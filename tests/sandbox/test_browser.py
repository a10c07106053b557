"""The browser of an episode: pages of its own application, exact copies, nothing else reached."""

import copy
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from firsthand.errors import ToolError
from firsthand.sandbox import needs
from firsthand.sandbox.browser import Tab
from firsthand.sandbox.http import Request, Response

pytestmark = pytest.mark.skipif(
    bool(needs.missing("browser")), reason=needs.missing("browser") or "is there"
)
PAGE = """<html><body><h1>Desk</h1><form method="post" action="/send">
<label>Name <input name="name" required></label>
<label>Kind <select name="kind"><option></option><option>tea</option><option>ink</option>
</select></label><button>Send</button></form></body></html>"""
HOSTILE = """<html><body><h1>Attack</h1><p id="told">waiting</p>
<button type="button">Attack</button>
<script>
const told = [];
const say = (what) => { told.push(what); document.getElementById('told').innerText =
  told.sort().join(' | '); };
const tried = (name, work) => Promise.race([work(), new Promise((_, no) => setTimeout(no, 1500))])
  .then(() => say(name + ' REACHED'), () => say(name + ' refused'));
const socket = (url) => new Promise((yes, no) => { const s = new WebSocket(url);
  s.onmessage = yes; s.onerror = s.onclose = no; });
const frame = (url) => new Promise((yes, no) => { const f = document.createElement('iframe');
  f.src = url; document.body.appendChild(f);
  setTimeout(() => { try { f.contentDocument.body.innerText.includes('root:') ? yes() : no(); }
    catch (e) { no(); } }, 500); });
tried('loopback', () => fetch('http://127.0.0.1:PORT/', {mode: 'no-cors'}));
tried('internet', () => fetch('http://1.1.1.1/', {mode: 'no-cors'}));
tried('file', () => fetch('file:///etc/passwd'));
tried('frame', () => frame('file:///etc/passwd'));
tried('socket', () => socket('ws://127.0.0.1:PORT/'));
tried('worker', async () => {
  await Promise.race([navigator.serviceWorker.register('/worker.js'),
    new Promise((yes) => setTimeout(yes, 300))]);
  if (!(await navigator.serviceWorker.getRegistrations()).length) throw 'none'; });
</script></body></html>"""


class Desk:
    """Serves one page, and keeps what was sent."""

    def __init__(self, page=PAGE):
        self.page, self.sent = page, []

    def respond(self, request: Request) -> Response:
        if request.path == "/send":
            self.sent.append(request.body)
        html = {"Content-Type": "text/html"}
        return Response(200, self.page.encode(), html)


@pytest.fixture
def listener():
    """A server of this machine that a page must not reach."""
    reached = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            reached.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server.server_address[1], reached
        server.shutdown()
        thread.join()


def test_a_form_is_read_filled_in_and_copied_in_the_middle():
    tab = Tab(Desk())
    assert tab.read().splitlines()[0] == "# Desk"
    with pytest.raises(ToolError, match="Did you mean 'Name'"):
        tab.step("fill", "Nam", "Ada")
    with pytest.raises(ToolError, match="has no option 'rum'; it has: tea, ink"):
        tab.step("choose", "Kind", "rum")
    with pytest.raises(ToolError, match="cannot be sent yet: look at Name"):
        tab.step("press", "Send")
    assert "[field] Name: Ada" in tab.step("fill", "Name", "Ada")
    copied = copy.deepcopy(tab)
    assert copied.read() == tab.read(), "a copy replays the log"
    tab.step("choose", "Kind", "tea")
    tab.step("press", "Send")
    assert tab.application.sent == [b"name=Ada&kind=tea"] and copied.application.sent == []
    tab.close()
    copied.close()


def test_pages_that_are_closed_to_save_memory_come_back_as_they_were(monkeypatch):
    monkeypatch.setattr("firsthand.sandbox.browser.MOST_PAGES", 1)
    one, other = Tab(Desk()), Tab(Desk())
    one.step("fill", "Name", "Ada")
    one.step("press", "Send")
    one.step("fill", "Name", "Ben")
    other.step("fill", "Name", "Cleo")
    assert one._page is None and other._page is not None
    assert "[field] Name: Ben" in one.read()
    assert one.application.sent == [b"name=Ada&kind="] and other._page is None
    one.close()


def test_a_hostile_page_reaches_nothing(listener):
    port, reached = listener
    tab = Tab(Desk(HOSTILE.replace("PORT", str(port))))
    names = ("file", "frame", "internet", "loopback", "socket", "worker")
    for _ in range(100):
        time.sleep(0.05)
        told = tab.step("press", "Attack")
        if all(name in told for name in names):
            break
    else:
        pytest.fail(told)
    assert "REACHED" not in told and told.count("refused") == len(names), told
    assert reached == []
    tab.close()

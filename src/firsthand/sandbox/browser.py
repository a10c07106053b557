"""A real browser: pages come from the episode's own application, and nothing else can be reached.

One Chromium serves a process; each episode has a context of its own: its cookies and storage are
nobody else's. Every request is answered from memory by the episode's `Application` or refused, so
neither the network nor a file of this machine can be reached. A page cannot be copied: a copy of an
episode plays its log again on a copy of the application as it was at first, which ends in the same
state, since pages have no clock and no chance. Left out: windows that a page opens, and downloads.
"""

import asyncio
import atexit
import copy
import os
import shutil
import sys
import threading
import weakref
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

import msgspec

from firsthand.errors import SandboxError, ToolError, nearest
from firsthand.sandbox.http import Application, Request
from firsthand.sandbox.needs import BROWSERS

SECONDS = 30.0
"""A step that takes longer is a runaway."""
ORIGIN = "http://desk.local"
FLAGS = (
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--disable-extensions",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--renderer-process-limit=2",
)  # fmt: skip
MOST_PAGES = 8
"""Pages that are open at a time, each of some 60 MB. Of more, the one used longest ago is closed;
when it is used again, its log is played again, as for a copy.
"""
Kind = Literal["fill", "choose", "press"]

_NAMED = """
  const own = (l) => Array.from(l.childNodes).filter((n) => n.nodeType === 3)
    .map((n) => n.textContent).join(' ').trim() || l.innerText;
  const named = (c) => (c.labels && c.labels[0] ? own(c.labels[0])
    : c.getAttribute('aria-label') || c.innerText || c.value || '').trim();
"""
"""How a person would call a control: by its label."""
_READ = (
    """() => {
"""
    + _NAMED
    + """
  const lines = [];
  const walk = (node) => {
    for (const e of node.children) {
      if (getComputedStyle(e).display === 'none') continue;
      const tag = e.tagName;
      if (/^H[1-6]$/.test(tag)) lines.push('# ' + e.innerText.trim());
      else if (tag === 'P' || tag === 'LI') lines.push(e.innerText.trim());
      else if (tag === 'A') lines.push('[link] ' + e.innerText.trim());
      else if (tag === 'BUTTON') lines.push('[button] ' + named(e) + (e.disabled ? ' (off)' : ''));
      else if (tag === 'SELECT') lines.push('[choice] ' + named(e) + ': ' +
        (e.selectedOptions[0] ? e.selectedOptions[0].text : '') + ' (of: ' +
        Array.from(e.options, (o) => o.text).filter(Boolean).join(', ') + ')');
      else if (tag === 'INPUT' && e.type === 'checkbox')
        lines.push('[box] ' + named(e) + ': ' + (e.checked ? 'yes' : 'no'));
      else if (tag === 'INPUT' && e.type !== 'hidden')
        lines.push('[field] ' + named(e) + ': ' + e.value);
      else walk(e);
    }
  };
  walk(document.body);
  return lines.join('\\n');
}"""
)
"""What a person sees, as lines: headings, texts, fields with label and value, buttons, links."""

_STEP = (
    """([kind, label, value]) => {
  const seen = (e) => getComputedStyle(e).display !== 'none' && e.offsetParent !== null;
"""
    + _NAMED
    + """
  const css = {
    fill: 'input:not([type=hidden]):not([type=checkbox])',
    choose: 'select, input[type=checkbox]',
    press: 'button, a',
  }[kind];
  const all = Array.from(document.querySelectorAll(css)).filter(seen);
  const e = all.find((c) => named(c) === label);
  if (!e) return {missing: all.map(named)};
  if (e.disabled) return {off: true};
  const told = () => ['input', 'change'].forEach((n) => e.dispatchEvent(
    new Event(n, {bubbles: true})));
  if (kind === 'fill') { e.value = value; told(); }
  else if (kind === 'choose' && e.type === 'checkbox') {
    if (!['yes', 'no'].includes(value)) return {options: ['yes', 'no']};
    e.checked = value === 'yes'; told();
  } else if (kind === 'choose') {
    const o = Array.from(e.options).find((o) => o.text === value);
    if (!o) return {options: Array.from(e.options, (o) => o.text).filter(Boolean)};
    e.value = o.value; told();
  } else {
    const open = e.form && Array.from(e.form.elements).filter((c) => !c.checkValidity()).map(named);
    if (e.type === 'submit' && open && open.length) return {open: open};
    window.pressed = e;
    return {leads: e.tagName === 'A' || e.type === 'submit'};
  }
  return {};
}"""
)
_PRESS = "() => window.pressed.click()"


class Step(msgspec.Struct, frozen=True):
    """One thing that was done on the page."""

    kind: Kind
    label: str
    value: str = ""


class Tab:
    """The page of one episode."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self._first = copy.deepcopy(application)
        self.log: list[Step] = []
        self._page: Any = None
        self._uses = 0
        self._closing: Callable[[], object] = lambda: None

    def __deepcopy__(self, memo: dict[int, Any]) -> "Tab":
        made = Tab(copy.deepcopy(self._first, memo))
        made.log = list(self.log)
        made.application = copy.deepcopy(self.application, memo)
        return made

    def read(self) -> str:
        """Return what a person sees now, as lines."""
        return _chromium().run(self._reading())

    def step(self, kind: Kind, label: str, value: str = "") -> str:
        """Do one thing with a field, a choice or a button, named by its label; return the page.

        Raises `ToolError` where nothing visible has the label, naming the nearest.
        """
        return _chromium().run(self._stepping(Step(kind, label, value)))

    def screenshot(self) -> bytes:
        """Return a picture of the page, as PNG; it differs from machine to machine."""
        return _chromium().run(self._shot())

    @property
    def in_use(self) -> bool:
        """Whether something is being done on the page right now."""
        return self._uses > 0

    def close(self) -> None:
        """Close the page and everything it stored; it can be opened again."""
        if self._page is not None:
            self._page = None
            self._closing()

    async def _reading(self) -> str:
        async with self._opened() as page:
            return await page.evaluate(_READ)

    async def _shot(self) -> bytes:
        async with self._opened() as page:
            return await page.screenshot()

    async def _stepping(self, step: Step) -> str:
        async with self._opened() as page:
            await self._do(page, step)
            self.log.append(step)
            return await page.evaluate(_READ)

    @asynccontextmanager
    async def _opened(self) -> AsyncGenerator[Any]:
        """Give the page, which stays open as long as it is used."""
        self._uses += 1
        try:
            page = await self._open()
            _chromium().used(self)
            yield page
        finally:
            self._uses -= 1

    async def _do(self, page: Any, step: Step) -> None:
        found = await page.evaluate(_STEP, [step.kind, step.label, step.value])
        if "missing" in found:
            close = nearest(step.label, found["missing"])
            hint = f" Did you mean {close!r}?" if close else ""
            raise ToolError(f"Nothing to {step.kind} has the label {step.label!r}.{hint}")
        if "off" in found:
            raise ToolError(f"{step.label!r} is switched off now.")
        if "options" in found:
            known = ", ".join(found["options"])
            raise ToolError(f"{step.label!r} has no option {step.value!r}; it has: {known}.")
        if "open" in found:
            raise ToolError(f"The form cannot be sent yet: look at {', '.join(found['open'])}.")
        if found.get("leads"):
            async with page.expect_navigation():
                await page.evaluate(_PRESS)
        elif step.kind == "press":
            await page.evaluate(_PRESS)

    async def _open(self) -> Any:
        """Return the page; a copy's is brought to where the original was."""
        if self._page is None:
            self.application = copy.deepcopy(self._first)
            browser = await _chromium().browser()
            context = await browser.new_context(service_workers="block", accept_downloads=False)
            await context.route("**/*", _answering(weakref.ref(self)))
            await context.route_web_socket("**/*", _closed)
            self._closing = weakref.finalize(self, _chromium().later, context.close)
            self._page = await context.new_page()
            await self._page.goto(f"{ORIGIN}/")
            for step in self.log:
                await self._do(self._page, step)
        return self._page


async def _closed(socket: Any) -> None:
    """Refuse a web socket."""
    await socket.close()


def _answering(tab: "weakref.ref[Tab]") -> Callable[[Any], Coroutine[Any, Any, None]]:
    """Answer a page's requests from its episode's application, or refuse them."""

    async def answer(route: Any) -> None:
        asked, own = route.request, tab()
        if own is None or not asked.url.startswith(f"{ORIGIN}/"):
            await route.abort()
            return
        place = urlsplit(str(asked.url))
        said = own.application.respond(
            Request(
                asked.method,
                place.path,
                dict(parse_qsl(place.query, keep_blank_values=True)),
                dict(asked.headers),
                asked.post_data_buffer or b"",
            )
        )
        await route.fulfill(status=said.status, headers=dict(said.headers), body=said.body)

    return answer


class _Chromium:
    """The browser of this process, in a thread with a loop of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._browser: Any = None
        self._playwright: Any = None
        self._starting = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._open: dict[int, weakref.ref[Tab]] = {}
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Do something in the browser's loop and wait for it. Raises `SandboxError`."""
        done = asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, SECONDS), self._loop)
        try:
            return done.result()
        except (ToolError, SandboxError):
            raise
        except TimeoutError:
            raise SandboxError(f"The browser did nothing for {SECONDS:g} s.") from None
        except Exception as error:
            raise SandboxError(f"The browser failed: {str(error).splitlines()[0]}") from error

    def later(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        """Do something in the browser's loop without waiting for it."""
        if self._browser is not None and self._browser.is_connected():
            self._loop.call_soon_threadsafe(lambda: self._tasks.add(self._begun(work)))

    def used(self, tab: Tab) -> None:
        """Note that a page was used last, and close what is open beyond the most."""
        self._open.pop(id(tab), None)
        self._open[id(tab)] = weakref.ref(tab)
        for key, known in list(self._open.items()):
            if len(self._open) <= MOST_PAGES:
                return
            other = known()
            if other is None or not other.in_use:
                del self._open[key]
                if other is not None:
                    other.close()

    def _begun(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> "asyncio.Task[Any]":
        task = self._loop.create_task(work())
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return task

    async def browser(self) -> Any:
        """Start Chromium, once. Raises `SandboxError` where there is none."""
        async with self._starting:
            if self._browser is None or not self._browser.is_connected():
                self._browser = await self._start()
        return self._browser

    async def _start(self) -> Any:
        from playwright.async_api import async_playwright  # deferred: it takes half a second

        found = next(filter(None, map(shutil.which, BROWSERS)), None)
        if found is None:
            raise SandboxError("No browser is installed; `firsthand doctor` says how to get one.")
        self._playwright = await _unbound(async_playwright().start())
        flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else list(FLAGS)
        return await self._playwright.chromium.launch(executable_path=found, args=flags)

    async def end(self) -> None:
        """Close the browser."""
        if self._browser is not None:
            await self._browser.close()
        if self._playwright is not None:
            await self._playwright.stop()


async def _unbound(work: Coroutine[Any, Any, Any]) -> Any:
    """Start something without this process's soft limit of address space, as far as it may.

    Chromium reserves over 100 GiB of addresses and holds little of it.
    """
    if sys.platform != "linux":
        return await work
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    try:
        return await work
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


_running: list[_Chromium] = []


def _chromium() -> _Chromium:
    if not _running:
        _running.append(_Chromium())
    return _running[0]


def _end() -> None:
    if _running:
        ended = _running.pop()
        try:
            ended.run(ended.end())
        except SandboxError:
            return


atexit.register(_end)
os.register_at_fork(after_in_child=_running.clear)

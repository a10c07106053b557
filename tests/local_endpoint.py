"""A small OpenAI-compatible endpoint on loopback, for programs in a process of their own.

Whoever asks with `stream` is answered in a stream of events, as verifiers wants it.
"""

import json
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[list[dict[str, Any]]], str]

USAGE = {"prompt_tokens": 100, "completion_tokens": 5, "total_tokens": 105}


def whole(text: str) -> bytes:
    """Return an answer in one piece."""
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return json.dumps({"id": "x", "choices": [choice], "usage": USAGE}).encode()


def streamed(text: str) -> bytes:
    """Return an answer as the events of a stream."""
    told = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "scripted"}
    said = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": None}
    end: dict[str, Any] = {"index": 0, "delta": {}, "finish_reason": "stop"}
    chunks: list[dict[str, Any]] = [
        {**told, "choices": [said]},
        {**told, "choices": [end]},
        {**told, "choices": [], "usage": USAGE},
    ]
    events = [*map(json.dumps, chunks), "[DONE]"]
    return "".join(f"data: {event}\n\n" for event in events).encode()


@contextmanager
def endpoint(answer: Answer) -> Generator[str]:
    """Serve while the block runs; `answer` gets the messages. Yields the URL, such as
    http://127.0.0.1:5000/v1.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            said, streams = answer(asked["messages"]), asked.get("stream")
            body = streamed(said) if streams else whole(said)
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream" if streams else "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

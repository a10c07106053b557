"""An OpenAI-compatible endpoint on loopback that streams its answers, as verifiers asks it to."""

import json
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USAGE = {"prompt_tokens": 100, "completion_tokens": 5, "total_tokens": 105}


def chunks(text: str) -> list[dict[str, Any]]:
    """Return an answer as the events of a stream."""
    told = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "scripted"}
    said = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": None}
    end = {"index": 0, "delta": {}, "finish_reason": "stop"}
    return [
        {**told, "choices": [said]},
        {**told, "choices": [end]},
        {**told, "choices": [], "usage": USAGE},
    ]


@contextmanager
def endpoint(answer: Callable[[list[dict[str, Any]]], str]) -> Generator[str]:
    """Serve while the block runs; `answer` gets the messages. Yields the URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            events = [json.dumps(chunk) for chunk in chunks(answer(asked["messages"]))]
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for event in [*events, "[DONE]"]:
                self.wfile.write(f"data: {event}\n\n".encode())

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

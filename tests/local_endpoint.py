"""A small OpenAI-compatible endpoint on loopback, for programs in a process of their own."""

import json
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[list[dict[str, Any]]], str]


@contextmanager
def endpoint(answer: Answer) -> Generator[str]:
    """Serve while the block runs; `answer` gets the messages. Yields the URL, such as
    http://127.0.0.1:5000/v1.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            said = answer(asked["messages"])
            choice = {"index": 0, "message": {"role": "assistant", "content": said}}
            usage = {"prompt_tokens": 100, "completion_tokens": 5, "total_tokens": 105}
            reply = {"id": "x", "choices": [choice | {"finish_reason": "stop"}], "usage": usage}
            body = json.dumps(reply).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
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

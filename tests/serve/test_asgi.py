"""An ASGI application answers inside the server: whole, in pieces, and with its own headers."""

from functools import partial

import aiohttp
from aiohttp import web

from firsthand.serve.asgi import answered


async def echo(scope, receive, send):
    event = await receive()
    headers = [(b"content-type", b"text/plain"), (b"x-path", scope["raw_path"])]
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    body = scope["method"].encode() + b" " + event["body"] + b" " + scope["query_string"]
    if b"pieces" in event["body"]:
        await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b" end"})
    else:
        await send({"type": "http.response.body", "body": body})


async def silent(scope, receive, send):
    return


async def test_an_application_answers():
    app = web.Application()
    for application in (echo, silent):
        app.router.add_post(f"/{application.__name__}", partial(answered, application))
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with aiohttp.ClientSession() as http:
        for body, told in ((b"whole", b"POST whole a=1"), (b"pieces", b"POST pieces a=1 end")):
            async with http.post(f"{url}/echo?a=1", data=body) as reply:
                assert reply.status == 201 and await reply.read() == told
                assert reply.headers["X-Path"] == "/echo"
                assert reply.headers["Content-Type"] == "text/plain"
        async with http.post(f"{url}/silent") as reply:
            assert reply.status == 500
    await runner.cleanup()

"""A server that speaks tinker's API as the SDK calls it, over a small model that really computes.

It knows nothing of our rows: what arrives over the wire is decoded by the SDK's own messages, the
losses are written from the formulas of tinker's documentation, and gradients come from a plain
forward pass, one datum at a time.
"""

import asyncio
import copy
import threading
from contextlib import contextmanager

import numpy as np
import torch
from aiohttp import web
from tinker.proto import tinker_public_pb2 as wire

NUMBERS = {wire.DTYPE_FLOAT32: np.float32, wire.DTYPE_INT64: np.int64}


class Server:
    """One base model with an adapter, one training run; `spoilt` may alter a datum that arrives."""

    def __init__(self, network, parameters):
        self.network, self.parameters = network, list(parameters)
        self.optimizer = torch.optim.AdamW(self.parameters, lr=1.0, weight_decay=0.0)
        self.url = ""
        self.calls, self.paths, self.steps, self.sampled = [], [], [], []
        self.spoilt = lambda tokens, inputs: (tokens, inputs)
        self.trailing = True  # whether the token at which it stops is among what was sampled
        self.broken = ""  # what an optimizer step fails with
        self._answers, self._saved, self._samplers = {}, {}, {}

    # -- the wire

    def app(self):
        app = web.Application(client_max_size=1 << 26, middlewares=[self._noted])
        for path in (
            "create_model get_info forward_backward optim_step save_weights load_weights "
            "save_weights_for_sampler asample retrieve_future"
        ).split():
            app.router.add_post(f"/api/v1/{path}", getattr(self, path))
        told = {
            # small chunks, so that one call of the SDK is several requests
            "client/config": {"fwdbwd_max_chunk_len": 3},
            "client/dynamic_config": {},
            "create_session": {"session_id": "session"},
            "session_heartbeat": {},
            "sessions/{id}/finish": {},
            "telemetry": {"status": "accepted"},
        }
        for path, content in told.items():
            app.router.add_post(f"/api/v1/{path}", self._saying(content))
        return app

    @web.middleware
    async def _noted(self, request, handler):
        self.paths.append(request.path.removeprefix("/api/v1/"))
        assert request.headers["X-API-Key"].startswith("tml-")
        return await handler(request)

    def _saying(self, content):
        async def say(_request):
            return web.json_response(content)

        return say

    def _promise(self, answer, **more):
        """Answer with the id of a future, which is not ready when it is first asked for."""
        id = f"request-{len(self._answers)}"
        self._answers[id] = [{"type": "try_again", "queue_state": "active"}, answer]
        return web.json_response({"request_id": id, **more})

    async def retrieve_future(self, request):
        asked = await request.json()
        waiting = self._answers[asked["request_id"]]
        answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(answer, bytes):
            return web.Response(body=answer, content_type="application/x-protobuf")
        return web.json_response(answer)

    # -- training

    async def create_model(self, request):
        self.made = await request.json()
        return self._promise({"model_id": "run"})

    async def get_info(self, _request):
        return web.json_response({"model_id": "run", "model_data": {"model_name": "small"}})

    async def forward_backward(self, request):
        asked = wire.ForwardBackwardRequest.FromString(await request.read())
        config = {name: value.number for name, value in asked.loss_fn_config_v2.items()}
        self.calls.append(("forward" if asked.forward_only else asked.loss_fn, len(asked.data)))
        told, total = [], 0.0
        for each in asked.data:
            (chunk,) = each.model_input
            tokens = np.frombuffer(chunk.encoded_text.tokens, np.int32).tolist()
            inputs = {name: tensor(t) for name, t in each.loss_fn_inputs.items()}
            tokens, inputs = self.spoilt(tokens, inputs)
            with torch.set_grad_enabled(not asked.forward_only):
                said = self._said(tokens)
                logp = said.gather(1, inputs["target_tokens"][:, None])[:, 0]
                loss = LOSSES[asked.loss_fn](logp, inputs, config)
            if not asked.forward_only:
                loss.backward()
            total += float(loss)
            told.append(logp.detach().numpy().astype(np.float32))
        ends = np.cumsum([0, *(4 * len(each) for each in told)]).astype(np.int64)
        field = wire.BatchedTensor(
            data=b"".join(map(np.ndarray.tobytes, told)),
            offsets=ends.tobytes(),
            dtype=wire.DTYPE_FLOAT32,
        )
        record = wire.ArrayRecord(fields={"logprobs": field}, num_datums=len(told))
        output = wire.ForwardBackwardOutput(
            loss_fn_output_type="ArrayRecord",
            loss_fn_outputs=[record],
            metrics={"loss:sum": total},
        )
        return self._promise(output.SerializeToString())

    async def optim_step(self, request):
        params = (await request.json())["adam_params"]
        if self.broken:
            return self._promise({"error": self.broken, "category": "server"})
        self.steps.append(params)
        (group,) = self.optimizer.param_groups
        group |= {"lr": params["learning_rate"], "betas": (params["beta1"], params["beta2"])}
        group |= {"eps": params["eps"], "weight_decay": params["weight_decay"]}
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, params["grad_clip_norm"])
        self.optimizer.step()
        self.optimizer.zero_grad()
        return self._promise({"metrics": {"grad_norm": float(norm)}})

    async def save_weights(self, request):
        path = f"tinker://run/weights/{(await request.json())['path']}"
        state = [value.detach().clone() for value in self.parameters]
        self._saved[path] = state, copy.deepcopy(self.optimizer.state_dict())
        return self._promise({"path": path})

    async def load_weights(self, request):
        asked = await request.json()
        assert asked["optimizer"]
        state, optimizer = self._saved[asked["path"]]
        self._put(state)
        self.optimizer.load_state_dict(copy.deepcopy(optimizer))
        return self._promise({"path": asked["path"], "model_id": "run-again"})

    def _put(self, state):
        with torch.no_grad():
            for value, saved in zip(self.parameters, state, strict=True):
                value.copy_(saved)

    def _said(self, tokens):
        return torch.log_softmax(self.network(input_ids=torch.tensor([tokens])).logits[0], -1)

    # -- sampling

    async def save_weights_for_sampler(self, _request):
        id = f"sampler-{len(self._samplers)}"
        self._samplers[id] = [value.detach().clone() for value in self.parameters]
        return self._promise({"sampling_session_id": id})

    async def asample(self, request):
        asked = await request.json()
        (chunk,), params = asked["prompt"]["chunks"], asked["sampling_params"]
        present = [value.detach().clone() for value in self.parameters]
        self._put(self._samplers[asked["sampling_session_id"]])
        ids, logprobs = self._continued(chunk["tokens"], params)
        self._put(present)
        self.sampled.append((tuple(chunk["tokens"]), tuple(ids)))
        stopped = ids[-1] in params["stop"]
        if stopped and not self.trailing:
            ids, logprobs = ids[:-1], logprobs[:-1]
        sequence = wire.SampledSequence(
            stop_reason=wire.STOP_REASON_STOP if stopped else wire.STOP_REASON_LENGTH,
            tokens=np.array(ids, np.int32).tobytes(),
            logprobs=np.array(logprobs, np.float32).tobytes(),
        )
        answer = wire.SampleResponse(sequences=[sequence]).SerializeToString()
        return self._promise(answer, sample_sequence_ids=["sequence"])

    @torch.no_grad()
    def _continued(self, prompt, params):
        draw = torch.Generator().manual_seed(params.get("seed") or 0)
        ids, logprobs = [], []
        while len(ids) < params["max_tokens"]:
            logp = self._said([*prompt, *ids])[-1]
            token = int(torch.multinomial(logp.exp(), 1, generator=draw))
            ids.append(token)
            logprobs.append(float(logp[token]))
            if token in params["stop"]:
                break
        return ids, logprobs


def tensor(told):
    return torch.from_numpy(np.frombuffer(told.dense, NUMBERS[told.dtype]).copy())


def cross_entropy(logp, inputs, _config):
    return -(logp * inputs["weights"]).sum()


def importance_sampling(logp, inputs, _config):
    return -((logp - inputs["logprobs"]).exp() * inputs["advantages"]).sum()


def ppo(logp, inputs, config):
    ratio = (logp - inputs["logprobs"]).exp()
    clipped = ratio.clamp(config["clip_low_threshold"], config["clip_high_threshold"])
    advantages = inputs["advantages"]
    return -torch.minimum(ratio * advantages, clipped * advantages).sum()


def cispo(logp, inputs, config):
    ratio = (logp - inputs["logprobs"]).exp()
    clipped = ratio.clamp(config["clip_low_threshold"], config["clip_high_threshold"])
    return -(clipped.detach() * logp * inputs["advantages"]).sum()


LOSSES = {
    "cross_entropy": cross_entropy,
    "importance_sampling": importance_sampling,
    "ppo": ppo,
    "cispo": cispo,
}


@contextmanager
def serving(server):
    """Serve on loopback in a thread of its own while the block runs."""
    started, ended = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve():
        runner = web.AppRunner(server.app())
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        started.set()
        await ended.wait()
        await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=[serve()])
    thread.start()
    started.wait()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()

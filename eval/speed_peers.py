"""Other servers beside ours where they are installed: LitServe and infinity, each in a virtual environment of its own.

`--peers DIR` looks for `DIR/litserve` and `DIR/infinity`; docs/eval.md says how to make them. One that is not there, or
does not start, is named with its reason. LitServe serves the very pipeline of the ten lines of FastAPI. infinity takes
transformers folders with a usual head only, so it gets the encoder's weights under a random head: as much work, answers
without meaning.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eval.speed_http import Bodies, articles_bodies
from eval.speed_servers import Server
from eval.speed_torch import write_folder
from models.article import Article

LITSERVE = '''"""LitServe on the pipeline of the topics bundle."""
import sys
import litserve
from eval.speed_torch import load_pipeline

class Topics(litserve.LitAPI):
    def setup(self, device):
        self.classify = load_pipeline(sys.argv[1], int(sys.argv[2]))

    def decode_request(self, request):
        return [{"text": a["headline"], "text_pair": a["body"]} for a in request["articles"]]

    def predict(self, texts):
        return self.classify(texts)

    def encode_response(self, output):
        return {"results": output}

if __name__ == "__main__":
    server = litserve.LitServer(Topics(api_path="/v1/classify"), accelerator="cpu", workers_per_device=1)
    server.run(host="127.0.0.1", port=int(sys.argv[3]), generate_client_file=False)
'''


def find_peers(
    where: Path, folder: Path, threads: int, topics: Path
) -> tuple[list[tuple[Server, str, Bodies]], list[str]]:
    """Servers that can be started, each with its path and the shape of its requests; and why others cannot."""
    found: list[tuple[Server, str, Bodies]] = []
    absent: list[str] = []
    for name, program in (("litserve", "python"), ("infinity", "infinity_emb")):
        path = where / name / "bin" / program
        if not path.is_file():
            absent.append(f"{name}: there is no {path} (docs/eval.md says how to make it)")
        elif name == "litserve":
            source = folder / "litserve_app.py"
            source.write_text(LITSERVE, "utf-8")
            port = free_port()
            command = [str(path), str(source), str(topics), str(threads), str(port)]
            server = Server(name, command, folder / f"{name}.log", threads, ready_path="/health", port=port)
            found.append((server, "/v1/classify", articles_bodies))
        else:
            model = folder / "encoder"
            write_folder(topics, model)
            port = free_port()
            command = [
                str(path), "v2", "--model-id", str(model), "--engine", "torch", "--device", "cpu",
                "--host", "127.0.0.1", "--port", str(port), "--no-bettertransformer", "--no-model-warmup",
                "--served-model-name", "encoder",
            ]  # fmt: skip
            env = {"HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1", "INFINITY_ANONYMOUS_USAGE_STATS": "0"}
            server = Server(name, command, folder / f"{name}.log", threads, env, ready_path="/health", port=port)
            found.append((server, "/classify", _infinity_bodies))
    return found, absent


def free_port() -> int:
    """A port of loopback that nobody has just now; for servers that cannot choose one themselves."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _infinity_bodies(articles: Sequence[Article]) -> list[dict[str, Any]]:
    return [{"model": "encoder", "input": [a.headline + a.body], "raw_scores": True} for a in articles]

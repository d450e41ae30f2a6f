"""A web service: upload a picture, get everybody in it as JSON.

    python examples/web_service.py --port 8000 --workers 2
    curl --data-binary @examples/photos/000000000790.jpg http://localhost:8000/?max_people=3

The answer is {"people": [pose, …]}, each pose as `Pose.to_dict` gives it; a picture without anybody has no people.
A browser finds a form at the same address. As many requests are answered at the same time as there are workers; the others wait.
"""

from __future__ import annotations

import argparse
import json
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from sspnet_sdk import Estimator, ImageError, OptionError, SSPNetError

LARGEST_UPLOAD = 32 << 20  # bytes
FORM = b"""<!doctype html><title>Who is in the picture?</title><input type="file" accept="image/*"><pre></pre><script>
document.querySelector("input").onchange = async (event) => {
  const answer = await fetch(location.href, {method: "POST", body: event.target.files[0]});
  document.querySelector("pre").textContent = JSON.stringify(await answer.json(), null, 1);
};</script>"""


class Service(ThreadingHTTPServer):
    """Answers each request in a thread of its own, all with one estimator."""

    def __init__(self, address: tuple[str, int], estimator: Estimator) -> None:
        super().__init__(address, Request)
        self.estimator = estimator


class Request(BaseHTTPRequestHandler):
    """GET gives the form; POST takes the picture's file as the body."""

    server: Service

    def do_GET(self) -> None:
        """The form."""
        self._answer(HTTPStatus.OK, FORM, "text/html; charset=utf-8")

    def do_POST(self) -> None:
        """Everybody in the picture."""
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit():
            self._say(HTTPStatus.LENGTH_REQUIRED, "send the picture's file as the body, with its Content-Length")
            return
        if int(length) > LARGEST_UPLOAD:
            self.close_connection = True
            self._say(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a picture may have {LARGEST_UPLOAD} bytes, this one has {length}")
            return
        (wanted,) = parse_qs(urlsplit(self.path).query).get("max_people", [None])[:1]
        try:
            most = int(wanted) if wanted and wanted.isascii() and wanted.isdigit() else wanted
            people = self.server.estimator.predict_all(self.rfile.read(int(length)), most)
        except (ImageError, OptionError) as error:
            self._say(HTTPStatus.BAD_REQUEST, str(error))
        except SSPNetError as error:
            self._say(HTTPStatus.INTERNAL_SERVER_ERROR, str(error))
        else:
            self._answer(HTTPStatus.OK, json.dumps({"people": [pose.to_dict() for pose in people]}).encode())

    def _say(self, status: HTTPStatus, error: str) -> None:
        self._answer(status, json.dumps({"error": error}).encode())

    def _answer(self, status: HTTPStatus, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000, help="0 takes a free one")
    parser.add_argument("--workers", type=int, default=2, help="requests that are answered at the same time")
    given = parser.parse_args()

    with Estimator(workers=given.workers) as estimator, Service((given.host, given.port), estimator) as service:
        print(f"http://{given.host}:{service.server_port}/", flush=True)
        try:
            service.serve_forever()
        except KeyboardInterrupt:
            print("bye")


if __name__ == "__main__":
    try:
        main()
    except (SSPNetError, OSError) as error:
        raise SystemExit(f"Error: {error}") from None

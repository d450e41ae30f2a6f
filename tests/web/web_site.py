"""Where things lie, and how they are served."""

import http.server
from pathlib import Path

ROOT = Path(__file__).parents[2]


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

"""Videos from a server that answers whole, breaks off, or says nothing more without closing."""

import http.server
import threading
from types import SimpleNamespace

import pytest
from noise_video import noise_video

from sspnet_sdk import ImageError, capture
from sspnet_sdk.capture import Capture

av = pytest.importorskip("av")


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return noise_video(tmp_path_factory.mktemp("video") / "a.ts", options={"g": "10"})


@pytest.fixture
def serve(video):
    """A server's address; the path says how it answers: /SHARE/END, with a length or without."""
    tired = threading.Event()

    class Answer(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            _, length, share, end = self.path.split("/")
            self.send_response(200)
            self.send_header("Content-Type", "video/mp2t")
            self.send_header(*(("Content-Length", str(len(video))) if length == "length" else ("Connection", "close")))
            self.end_headers()
            self.wfile.write(video[: int(len(video) * float(share))])
            self.wfile.flush()
            if end == "stall":
                tired.wait(20)
            self.close_connection = True

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    tired.set()
    server.shutdown()
    server.server_close()


def test_a_whole_file_comes_whole(serve, caplog):
    with Capture(f"{serve}/length/1/close") as source:
        assert not source.live and len(list(source)) == 90 and source.damage == "" and not caplog.records


@pytest.mark.parametrize("end", ["stall", "close"])
def test_a_file_that_stops_arriving_is_said(end, serve, monkeypatch, caplog):
    monkeypatch.setattr(capture, "_PATIENCE_S", 1.0)
    with Capture(f"{serve}/length/0.5/{end}") as source:
        assert 30 < len(list(source)) < 60
    assert source.damage == ("nothing came for 1 s" if end == "stall" else "input/output error") and "is damaged" in caplog.text


@pytest.mark.parametrize("end", ["stall", "close"])
def test_a_stream_that_stops_is_an_error_after_its_frames(end, serve, monkeypatch):
    monkeypatch.setattr(capture, "_PATIENCE_S", 1.0)
    frames, why = 0, "nothing came for 1 s" if end == "stall" else ""
    with Capture(f"{serve}/endless/0.5/{end}") as source, pytest.raises(ImageError, match=rf"broke after \d+ frames .*{why}"):
        for _ in source:
            frames += 1
    assert source.live and 30 < frames < 60


def test_a_stream_that_is_closed_is_not_opened_again(serve, monkeypatch, caplog):
    source = Capture(f"{serve}/endless/0.5/close", reconnect_s=60)
    monkeypatch.setattr(capture.time, "sleep", lambda _: source.close())  # while it waits for the next try
    assert 30 < len(list(source)) < 60
    assert "trying again" in caplog.text and "is back" not in caplog.text


def test_a_server_that_says_nothing_is_given_up(serve, monkeypatch):
    monkeypatch.setattr(capture, "_PATIENCE_S", 1.0)
    with pytest.raises(ImageError, match=r"does not open: no answer, or not a video \(nothing came for 1 s\)"):
        Capture(f"{serve}/endless/0/stall")


@pytest.mark.parametrize(("size", "has_end"), [(None, False), (-38, False), (0, False), (1000, True)])
def test_a_source_that_tells_no_size_has_no_end(size, has_end):
    """PyAV 19 says None where older ones raise or give a negative number."""
    from sspnet_sdk.frames.video_decoder import VideoDecoder

    decoder = VideoDecoder.__new__(VideoDecoder)
    decoder.frames = decoder.duration_s = None
    decoder._container = SimpleNamespace(format=SimpleNamespace(name="mjpeg"), size=size)
    assert decoder.has_end is has_end

"""Photographs as phones and programs write them: by content, upright, or refused in one line."""

from __future__ import annotations

import io
import struct

import cv2
import numpy as np
import pytest

from sspnet_sdk import ImageError
from sspnet_sdk.file_kind import content_kind, file_kind
from sspnet_sdk.image import open_image

Image = pytest.importorskip("PIL.Image", reason="pillow writes the pictures of these tests")


def _corners(pixels):
    h, w = pixels.shape[:2]
    quarters = [pixels[h // 4, w // 4], pixels[h // 4, 3 * w // 4], pixels[3 * h // 4, w // 4], pixels[3 * h // 4, 3 * w // 4]]
    return "".join("bgr"[int(q.argmax())] if q.max() > 100 else "-" for q in quarters)


def _picture(width=64, height=48):
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = (255, 0, 0)
    pixels[: height // 2, width // 2 :] = (0, 255, 0)
    pixels[height // 2 :, : width // 2] = (0, 0, 255)
    return Image.fromarray(pixels)


def _write(path, kind, orientation=1, **options):
    exif = Image.Exif()
    exif[274] = orientation
    content, picture = io.BytesIO(), _picture()
    if kind == "HEIF":  # its writer turns the tag into the container's own properties, as phones do
        pytest.importorskip("pillow_heif").register_heif_opener()
        picture.getexif()[274] = orientation
    else:
        options |= {"tiffinfo": {274: orientation}} if kind == "TIFF" else {"exif": exif}
    picture.save(content, kind, **options)
    path.write_bytes(content.getvalue())
    return path


# Red, green / blue, black; and what a viewer shows by the tag: TIFF 6.0, Orientation.
SHOWN = {1: "rgb-", 2: "gr-b", 3: "-bgr", 4: "b-rg", 5: "rbg-", 6: "br-g", 7: "-gbr", 8: "g-rb"}


@pytest.mark.parametrize("orientation", SHOWN)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_every_container_is_shown_the_right_way_up_whatever_its_suffix(kind, orientation, tmp_path):
    for name in (f"photo.{kind.lower()}", "photo.jpg", "photo", "photo.mp4"):
        pixels = open_image(_write(tmp_path / name, kind, orientation)).pixels
        assert (_corners(pixels), pixels.shape) == (SHOWN[orientation], (64, 48, 3) if orientation > 4 else (48, 64, 3))


def test_a_phones_heic_of_many_tiles_comes_whole(tmp_path):
    pytest.importorskip("pillow_heif").register_heif_opener()
    _picture(4032, 3024).save(tmp_path / "phone.heic", "HEIF", quality=50)
    pixels = open_image(tmp_path / "phone.heic").pixels
    assert pixels.shape == (3024, 4032, 3) and _corners(pixels) == "rgb-"


def test_heic_without_its_reader_is_refused_with_what_helps(tmp_path, monkeypatch):
    path = _write(tmp_path / "phone.heic", "HEIF")
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    with pytest.raises(ImageError, match=r"phone\.heic is a HEIC photo: pip install pillow-heif"):
        open_image(path)


def test_what_moves_is_a_video_and_not_its_first_picture(tmp_path):
    frames = [_picture().rotate(90 * turn) for turn in range(3)]
    for suffix in (".gif", ".png", ".avif"):
        frames[0].save(tmp_path / f"moving{suffix}", save_all=True, append_images=frames[1:], duration=100)
        frames[0].save(tmp_path / f"still{suffix}")
        assert (file_kind(tmp_path / f"moving{suffix}"), file_kind(tmp_path / f"still{suffix}")) == ("video", "picture"), suffix
        with pytest.raises(ImageError, match="is a video or an animation"):
            open_image(tmp_path / f"moving{suffix}")
    frames[0].save(tmp_path / "moving.webp", save_all=True, append_images=frames[1:], duration=100, lossless=True)
    with pytest.raises(ImageError, match="animated WebP"):
        open_image(tmp_path / "moving.webp")


def test_a_raw_photo_is_not_read_as_its_preview(tmp_path):
    """A TIFF whose first directory says: I am a reduced picture of another."""
    entry = struct.pack("<HHII", 254, 4, 1, 1)
    (tmp_path / "a.nef").write_bytes(b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 1) + entry + b"\0" * 4)
    with pytest.raises(ImageError, match="raw file"):
        open_image(tmp_path / "a.nef")


def test_only_the_first_picture_of_a_tiff_is_read_and_that_is_said(tmp_path, caplog):
    _picture().save(tmp_path / "scan.tif", save_all=True, append_images=[_picture(), _picture()])
    assert open_image(tmp_path / "scan.tif").pixels.shape == (48, 64, 3)
    assert "holds 3 pictures" in caplog.text


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\x18ftypisom", "video"),
        (b"\0\0\0\x14ftypqt  ", "video"),
        (b"\0\0\0\x18ftypheic", "picture"),
        (b"\x1aE\xdf\xa3", "video"),
        (b"RIFF\0\0\0\0AVI LIST", "video"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "picture"),
        (b"G" + b"\0" * 187 + b"G" + b"\0" * 187 + b"G", "video"),
        (b"P6\n64 48\n255\n", "picture"),
        (b"just text", None),
        (b"", None),
    ],
)
def test_the_first_bytes_say_what_a_file_is(head, kind):
    assert content_kind(head) == kind


def test_grey_sixteen_bit_and_cmyk_pictures_are_read(tmp_path):
    cv2.imwrite(str(tmp_path / "deep.png"), np.full((48, 64), 40_000, np.uint16))
    Image.new("CMYK", (64, 48), (0, 255, 255, 0)).save(tmp_path / "print.jpg")
    assert open_image(tmp_path / "deep.png").pixels.mean() == pytest.approx(40_000 / 257, abs=1)
    assert _corners(open_image(tmp_path / "print.jpg").pixels) == "rrrr"

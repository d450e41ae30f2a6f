"""Photographs as phones and programs write them: by content, upright, or refused in one line."""

from __future__ import annotations

import io
import struct
import zlib

import cv2
import numpy as np
import pytest

from sspnet_sdk import ImageError
from sspnet_sdk.images.file_kind import content_kind, file_kind
from sspnet_sdk.images.image import open_image

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
    if kind == "AVIF" and not cv2.haveImageReader(str(_write(tmp_path / "a.avif", kind))):
        pytest.skip(f"OpenCV {cv2.__version__} does not read AVIF")
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


@pytest.mark.parametrize(
    "head",
    [b"IIRO\x08\0\0\0", b"FUJIFILMCCD-RAW 0201", b"II*\0\x10\0\0\0CR\x02\0", b"\0\0\0\x18ftypcrx \0\0\0\1"],
    ids=["ORF", "RAF", "CR2", "CR3"],
)
def test_raw_photos_are_known_by_their_first_bytes(head):
    with pytest.raises(ImageError, match=r"^the content is a camera's raw file: export it as JPEG first$"):
        open_image(head + bytes(300))


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


def _bytes(picture, kind, **options):
    content = io.BytesIO()
    picture.save(content, kind, **options)
    return content.getvalue()


@pytest.mark.parametrize("number", ["long, big-endian", "long, little-endian", "byte"])
def test_an_orientation_is_read_as_the_kind_of_number_that_it_says(number, tmp_path):
    order, form, value = {
        "long, big-endian": (">", 4, struct.pack(">I", 6)),
        "long, little-endian": ("<", 4, struct.pack("<I", 6)),
        "byte": ("<", 1, b"\6\0\0\0"),
    }[number]
    head = (b"MM\0*" if order == ">" else b"II*\0") + struct.pack(order + "IH", 8, 1)
    exif = b"Exif\0\0" + head + struct.pack(order + "HHI", 274, form, 1) + value + bytes(4)
    (tmp_path / "a.jpg").write_bytes(_bytes(_picture(), "JPEG", exif=exif))
    assert _corners(open_image(tmp_path / "a.jpg").pixels) == SHOWN[6]


@pytest.mark.parametrize(
    "inserted",
    [b"\xff\xff\xff", b"\xff\xe1\0\x20http://ns.adobe.com/xap/1.0/\0 ", b"\xff\xfe\0\6\xff\xd9\xff\xd8"],
    ids=["fill bytes", "XMP first", "a comment with markers in it"],
)
def test_what_stands_before_the_orientation_does_not_hide_it(inserted, tmp_path):
    content = _write(tmp_path / "a.jpg", "JPEG", 6).read_bytes()
    (tmp_path / "a.jpg").write_bytes(content[:2] + inserted + content[2:])
    assert _corners(open_image(tmp_path / "a.jpg").pixels) == SHOWN[6]
    (tmp_path / "a.jpg").write_bytes(content[:2] + inserted + content[2:-20])
    with pytest.raises(ImageError, match="truncated"):
        open_image(tmp_path / "a.jpg")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "GIF"])
@pytest.mark.parametrize("behind", [b"garbage" * 100, bytes(70_000)], ids=["garbage", "zeros"])
def test_bytes_behind_the_picture_are_no_damage(kind, behind, tmp_path):
    (tmp_path / "a").write_bytes(_bytes(_picture(), kind) + behind)
    if not cv2.haveImageReader(str(tmp_path / "a")):
        pytest.skip(f"OpenCV {cv2.__version__} does not read {kind}")
    assert open_image(tmp_path / "a").pixels.shape == (48, 64, 3)


def test_what_moves_is_told_by_all_of_the_file(tmp_path):
    noise = [Image.fromarray(np.random.default_rng(seed).integers(0, 255, (400, 500, 3), np.uint8)) for seed in range(2)]
    moving = {
        "long first picture.gif": _bytes(noise[0], "GIF", save_all=True, append_images=noise[1:], duration=100),
        "large profile.png": _bytes(noise[0], "PNG", save_all=True, append_images=noise[1:], icc_profile=noise[0].tobytes()),
    }
    text = __import__("PIL.PngImagePlugin").PngImagePlugin.PngInfo()
    text.add_text("Comment", "acTL begins an animation")
    still = {
        "repeats.gif": _bytes(_picture(), "GIF", loop=0),
        "speaks of it.png": _bytes(_picture(), "PNG", pnginfo=text),
        "one picture.png": _bytes(_picture(), "PNG", save_all=True, default_image=True),
    }
    for name, content in {**moving, **still}.items():
        (tmp_path / name).write_bytes(content)
        assert (name, file_kind(tmp_path / name)) == (name, "video" if name in moving else "picture")


def test_jpegs_in_a_row_are_a_video_or_are_counted(tmp_path, caplog):
    one = _bytes(_picture(), "JPEG")
    for name in ("stream.mjpeg", "stream.jpg"):
        (tmp_path / name).write_bytes(one * 3)
    assert (file_kind(tmp_path / "stream.mjpeg"), file_kind(tmp_path / "stream.jpg")) == ("video", "picture")
    open_image(tmp_path / "stream.jpg")
    assert "stream.jpg holds 3 pictures: only the first is read" in caplog.text
    caplog.clear()
    (tmp_path / "stereo.mpo").write_bytes(_bytes(_picture(), "MPO", save_all=True, append_images=[_picture()]))
    (tmp_path / "depth.jpg").write_bytes(one + _bytes(_picture(32, 24), "JPEG"))
    for name in ("stereo.mpo", "depth.jpg"):
        open_image(tmp_path / name)
    assert caplog.text == ""


def test_a_damaged_jpeg_says_so_by_its_name_and_decoders_are_silent(tmp_path, caplog, capfd):
    content = bytearray(_bytes(Image.fromarray(np.random.default_rng(0).integers(0, 255, (200, 300, 3), np.uint8)), "JPEG"))
    content[len(content) // 2 : len(content) // 2 + 64] = bytes(64)
    (tmp_path / "hole.jpg").write_bytes(content)
    assert open_image(tmp_path / "hole.jpg").pixels.shape == (200, 300, 3)
    assert "hole.jpg is damaged, and read as far as it goes (Corrupt JPEG data" in caplog.text
    profile = _bytes(_picture(), "PNG", icc_profile=b"no profile")
    (tmp_path / "profile.png").write_bytes(profile)
    open_image(tmp_path / "profile.png")
    assert capfd.readouterr().err == ""


def test_a_heif_of_a_new_brand_is_no_video(tmp_path):
    pytest.importorskip("pillow_heif").register_heif_opener()
    content = bytearray(_bytes(_picture(), "HEIF"))
    content[8:12] = b"newb"
    (tmp_path / "a.heic").write_bytes(content)
    assert file_kind(tmp_path / "a.heic") == "picture"
    with pytest.raises(ImageError, match="of a kind that pillow-heif cannot read"):
        open_image(tmp_path / "a.heic")


def test_a_picture_that_says_it_is_too_large_is_refused_in_words(tmp_path):
    content = bytearray(_bytes(_picture(), "PNG"))
    content[16:24] = struct.pack(">II", 1 << 16, 1 << 16)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(ImageError, match=r"a\.png says that it has more pixels than OpenCV reads: make it smaller"):
        open_image(tmp_path / "a.png")


def test_floating_point_pixels_without_a_white_are_refused(tmp_path):
    cv2.imwrite(str(tmp_path / "a.pfm"), np.ones((48, 64, 3), np.float32))
    with pytest.raises(ImageError, match="PFM"):
        open_image(tmp_path / "a.pfm")

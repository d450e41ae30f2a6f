"""What may be handed in as an image, and the one clear line for what may not."""

import http.client
import io
import tempfile
import urllib.request
import zipfile

import cv2
import numpy as np
import pytest

from sspnet_sdk import Estimator, ImageError, SSPNetError
from sspnet_sdk.images.image import open_image

BOX = (60, 40, 200, 160)


@pytest.fixture(scope="module")
def estimator(dot_bundle):
    return Estimator(dot_bundle, backend="onnxruntime")


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (None, "None"),
        (b"bytes", "not an image"),
        (b"", "empty"),
        ([[1, 2], [3, 4]], "numpy.asarray(image, numpy.uint8)"),
        (io.StringIO("text"), "open(path, 'rb')"),
        (object(), "expected an image as a numpy array, a path, bytes"),
        (np.zeros((0, 0, 3), np.uint8), "0x0x3"),
        (np.zeros((0, 64, 3), np.uint8), "0x64x3"),
        (np.zeros((1, 1, 3), np.uint8), "1x1x3"),
        (np.full((64, 64, 3), np.nan, np.float32), "float32"),
        (np.zeros((64, 64, 3)), "astype"),
        (np.zeros((64, 64, 3), np.uint16), "uint16"),
        (np.zeros((64, 64), bool), "bool"),
        (np.array([["a"]]), "<U1"),
        (np.zeros((64, 64, 2), np.uint8), "(64, 64, 2)"),
        (np.zeros((3, 64, 64), np.uint8), "channels come last"),
        (np.zeros((1, 64, 64, 3), np.uint8), "one image at a time"),
        (np.zeros((64,), np.uint8), "(64,)"),
        (np.array(None), "()"),
    ],
)
def test_what_is_no_image_gives_one_line_that_names_it(estimator, image, words):
    with pytest.raises(ImageError) as caught:
        estimator.predict(image, box=BOX)
    assert words in str(caught.value) and "\n" not in str(caught.value)
    assert isinstance(caught.value, SSPNetError) and isinstance(caught.value, ValueError)


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    """Encodes a noisy picture as a file of some kind."""
    pixels = np.random.default_rng(0).integers(0, 255, (120, 160, 3), np.uint8)

    def write(suffix, keep=1.0):
        path = tmp_path_factory.mktemp("photo") / f"photo{suffix}"
        content = cv2.imencode(suffix, pixels)[1].tobytes()
        path.write_bytes(content[: int(len(content) * keep)])
        return path

    return write


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp"])
def test_image_files_are_read_whole_and_refused_truncated(photo, suffix):
    assert open_image(photo(suffix)).pixels.shape == (120, 160, 3)
    assert open_image(str(photo(suffix))).pixels.shape == (120, 160, 3)
    for keep in (0.0, 0.2, 0.6, 0.97):
        with pytest.raises(ImageError, match="photo"):
            open_image(photo(suffix, keep))


def test_a_file_of_one_pixel_is_refused_by_its_name(tmp_path):
    cv2.imwrite(str(tmp_path / "dot.png"), np.zeros((1, 1, 3), np.uint8))
    with pytest.raises(ImageError, match=r"dot\.png: the image is 1x1x3 .* at least 8 pixels"):
        open_image(tmp_path / "dot.png")


def test_a_jpeg_whose_thumbnail_is_whole_is_still_truncated(photo):
    whole = photo(".jpg").read_bytes()
    thumbnail = b"\xff\xe1" + (2 + len(whole)).to_bytes(2, "big") + whole if len(whole) < 65000 else b""
    path = photo(".jpg")
    path.write_bytes(whole[:2] + thumbnail + whole[2 : len(whole) // 2])
    with pytest.raises(ImageError, match="truncated"):
        open_image(path)


@pytest.mark.parametrize("content", [b"", b"just text\n" * 100, b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a"])
def test_files_that_are_no_images_are_refused(tmp_path, content):
    path = tmp_path / "file.jpg"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=r"file\.jpg"):
        open_image(path)


@pytest.mark.parametrize(
    ("head", "hint"),
    [
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1", r" \(AVIF: newer builds of OpenCV read it; or export it as JPEG\)"),
        (b"\xff\x0a\xfa\x1f", r" \(JPEG XL: export it as JPEG\)"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", r" \(JPEG XL: export it as JPEG\)"),
        (b"GIF89a\x10\0\x10\0", r" \(GIF: save it as PNG\)"),
        (b"BM\x01\x02\x03\x04", ""),
    ],
    ids=["AVIF", "JPEG XL", "JPEG XL in boxes", "GIF", "BMP"],
)
def test_of_kinds_that_opencv_may_not_read_the_message_says_what_helps(head, hint):
    with pytest.raises(ImageError, match=rf"^the content is not an image that OpenCV can decode, or it is damaged{hint}$"):
        open_image(head + bytes(range(256)))


def test_missing_files_and_folders_are_refused(tmp_path):
    with pytest.raises(ImageError, match="no such file"):
        open_image(tmp_path / "none.jpg")
    with pytest.raises(ImageError, match="directory"):
        open_image(tmp_path)
    with pytest.raises(ImageError):
        open_image("nul\0byte.jpg")


def test_every_accepted_form_of_one_picture_gives_the_same_pose(dot_bundle, dot_image, tmp_path):
    bgr = dot_image(150, 110)
    bgr[:] = bgr[:, :, 2:]  # the same in every channel, so that grey is the same picture
    estimator = Estimator(dot_bundle, backend="onnxruntime")
    expected = estimator.predict(bgr, BOX).keypoints
    grey = bgr[:, :, 0]
    cv2.imwrite(str(tmp_path / "dot.png"), bgr)
    forms = {
        "grey": grey,
        "grey with a channel axis": grey[:, :, None],
        "alpha": np.dstack([bgr, grey]),
        "fortran order": np.asfortranarray(bgr),
        "view": np.pad(bgr, ((3, 3), (5, 5), (0, 0)))[3:-3, 5:-5],
        "twice mirrored": np.ascontiguousarray(bgr[::-1, ::-1])[::-1, ::-1],
        "read-only": np.frombuffer(bgr.tobytes(), np.uint8).reshape(bgr.shape),
        "path": tmp_path / "dot.png",
        "path as text": str(tmp_path / "dot.png"),
        "bytes": (tmp_path / "dot.png").read_bytes(),
        "memory": memoryview((tmp_path / "dot.png").read_bytes()),
        "file in memory": io.BytesIO((tmp_path / "dot.png").read_bytes()),
    }
    for name, form in forms.items():
        assert np.allclose(estimator.predict(form, BOX).keypoints, expected, atol=1e-3), name


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L"])
def test_a_pil_image_knows_its_own_colours(dot_bundle, dot_image, mode):
    pil = pytest.importorskip("PIL.Image")
    bgr = dot_image(150, 110)
    if mode == "L":
        bgr[:] = bgr[:, :, 2:]
    picture = pil.fromarray(np.ascontiguousarray(bgr[:, :, ::-1])).convert(mode)
    for color in ("bgr", "rgb"):
        pose = Estimator(dot_bundle, backend="onnxruntime", color=color).predict(picture, BOX)
        assert np.allclose(pose.keypoints[0], (150, 110), atol=1.0), color


@pytest.mark.parametrize("values", [np.uint16(25700), np.int32(25700), np.float32(0.394)])
def test_a_pil_image_of_other_numbers_is_refused_with_a_cure_that_works(estimator, values):
    img = pytest.importorskip("PIL.Image").fromarray(np.full((64, 64), values))
    with pytest.raises(ImageError, match="8 bits a channel") as refused:
        estimator.predict(img, BOX)
    cure = str(refused.value).split("convert it first, ")[1].removesuffix(" if it is in 0..1")
    assert np.array_equal(eval(cure, {"img": img, "numpy": np}), np.full((64, 64), 100, np.uint8))


def test_a_pil_image_that_cannot_be_decoded_any_more_is_refused(photo):
    pil = pytest.importorskip("PIL.Image")
    with pil.open(photo(".jpg")) as never_loaded:
        pass
    closed = pil.new("RGB", (64, 64))
    closed.close()
    for picture, why in ((never_loaded, "closed"), (closed, "closed"), (pil.new("La", (64, 64)), "not supported")):
        with pytest.raises(ImageError, match=f"^cannot decode the PIL image: .*{why}"):
            open_image(picture)


@pytest.mark.parametrize("error", [http.client.IncompleteRead(b"\xff\xd8"), zipfile.BadZipFile("Bad CRC-32"), EOFError()])
def test_a_file_that_breaks_off_is_refused_whatever_it_raises(error):
    class Broken(io.RawIOBase):
        def read(self, size=-1):
            raise error

    with pytest.raises(ImageError, match=r"^cannot read the image's file: (IncompleteRead|Bad CRC|EOFError)"):
        open_image(Broken())


def test_an_open_file_is_read_and_named_where_it_is_damaged(photo):
    with photo(".jpg").open("rb") as file:
        assert open_image(file).width == 160
    path = photo(".jpg", keep=0.5)
    with path.open("rb") as file, pytest.raises(ImageError, match="truncated") as caught:
        open_image(file)
    assert path.name in str(caught.value)


def test_an_address_is_not_fetched_and_its_content_is_an_image(photo, estimator):
    address = photo(".png").as_uri()
    with pytest.raises(ImageError, match=f"^{address} is an address and not fetched: pass the content, as urllib"):
        estimator.predict(address, BOX)
    with urllib.request.urlopen(address) as answer:
        assert open_image(answer).width == 160


def test_an_uploaded_file_without_a_name_is_called_the_image():
    with tempfile.SpooledTemporaryFile() as file, pytest.raises(ImageError, match=r"^the content is a text file, not an image"):
        file.write(b"nonsense")
        file.seek(0)
        open_image(file)


def test_color_says_which_channel_is_red(dot_bundle, dot_image):
    bgr = dot_image(150, 110)
    expected = Estimator(dot_bundle, backend="onnxruntime").predict(bgr, BOX)
    rgb = Estimator(dot_bundle, backend="onnxruntime", color="rgb")
    assert np.allclose(rgb.predict(bgr[:, :, ::-1], BOX).keypoints, expected.keypoints)
    assert rgb.predict(bgr, BOX).unsure and not expected.unsure


def test_the_callers_image_is_left_as_it_was(dot_bundle, dot_image):
    image = dot_image(150, 110)
    before = image.copy()
    Estimator(dot_bundle, backend="onnxruntime").predict(image)
    assert np.array_equal(image, before)


def test_an_8k_image_works(dot_bundle):
    image = np.zeros((4320, 7680, 3), np.uint8)
    cv2.circle(image, (3000, 2000), 150, (0, 0, 255), -1)
    pose = Estimator(dot_bundle, backend="onnxruntime").predict(image)
    assert np.allclose(pose.keypoints[0], (3000.5, 2000.5), atol=25)

"""Hostile files are refused or neutralised: what is redrawn holds pixels and nothing else."""

import io
import warnings
from collections.abc import Iterator

import pytest
from PIL import Image

from intake import apart, redraw
from tests.intake import hostile_pictures as hostile

FORMATS = {"JPEG": (0xFFD8).to_bytes(2, "big"), "PNG": b"\x89PNG", "WEBP": b"RIFF"}


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """The child process changes what Pillow warns of; here it shares ours."""
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)
        yield


def image_of(view: tuple[str, bytes, int, int]) -> Image.Image:
    media_type, content, width, height = view
    image = Image.open(io.BytesIO(content))
    assert media_type == "image/webp"
    assert image.size == (width, height)
    return image


def test_the_corpus_is_large_enough() -> None:
    assert len(hostile.corpus()) >= 60


@pytest.mark.parametrize("name", sorted(hostile.corpus()))
def test_hostile_file(name: str) -> None:
    drawn = redraw.redraw(hostile.corpus()[name])
    if "refused" in drawn:
        return
    assert not name.startswith("refuse-")
    for which in ("page", "small"):
        image = image_of(drawn[which])
        assert not (set(image.info) - {"loop", "background", "timestamp", "duration"})
        assert len(image.getexif()) == 0
        for chunk in (hostile.CANARY, b"EXIF", b"XMP ", b"ICCP", b"VP8X"):
            assert chunk not in drawn[which][1]
    assert hostile.CANARY not in drawn["grey"][0]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_an_ordinary_picture_is_redrawn_in_two_sizes(form: str) -> None:
    drawn = redraw.redraw(hostile.encoded(hostile.photo((3000, 1000)), form))
    assert (drawn["width"], drawn["height"], drawn["frames"]) == (3000, 1000, 1)
    assert image_of(drawn["page"]).size == (2400, 800)
    assert image_of(drawn["small"]).size == (360, 120)
    assert drawn["grey"][1:] == (256, 85)
    assert len(drawn["grey"][0]) == 256 * 85


def test_it_stands_upright_as_the_camera_said() -> None:
    drawn = redraw.redraw(hostile.corpus()["jpeg-turned"])
    assert (drawn["width"], drawn["height"]) == (240, 320)
    assert image_of(drawn["page"]).size == (240, 320)


def test_colours_survive_where_formats_are_odd() -> None:
    sixteen = Image.new("I;16", (8, 8), 0xC000)
    for image in (Image.new("L", (8, 8), 0xC0), sixteen):
        page = image_of(redraw.redraw(hostile.encoded(image, "PNG"))["page"]).convert("L")
        pixel = page.getpixel((4, 4))
        assert isinstance(pixel, int)
        assert abs(pixel - 0xC0) <= 2
    clear = image_of(redraw.redraw(hostile.encoded(Image.new("RGBA", (8, 8), (0, 0, 0, 0)), "PNG"))["page"])
    assert clear.convert("L").getpixel((4, 4)) == 255


@pytest.mark.parametrize("form", ["PNG", "WEBP"])  # JPEG is decoded at half its size
def test_the_largest_lawful_picture_fits_the_limits(form: str) -> None:
    options = {"WEBP": {"method": 0, "quality": 20}}.get(form, {})
    content = hostile.encoded(
        hostile.photo((5000, 5000), "RGBA" if form == "PNG" else "RGB"), form, **options
    )
    drawn = apart.run("intake.redraw:redraw", content, cpu_s=10, memory_mb=512, wall_s=20)
    assert drawn["width"] * drawn["height"] == 25_000_000


@pytest.mark.parametrize(
    "name",
    ["png-ztxt-bomb", "refuse-png-bomb", "refuse-webp-10000-frames", "png-lying-header", "webp-damaged-1"],
)
def test_the_worst_stay_within_the_limits_of_the_child(name: str) -> None:
    drawn = apart.run("intake.redraw:redraw", hostile.corpus()[name], cpu_s=10, memory_mb=512, wall_s=10)
    assert "refused" in drawn or "page" in drawn

"""The site's vector figures: they show what the PNGs show, and in the dark every colour stays apart from the page."""

import base64
import io
import sys
import zlib

import numpy as np
import pytest
from conftest import SITE
from PIL import Image, ImageFilter
from playwright.sync_api import Browser

sys.path.insert(0, str(SITE.parents[1] / "docs" / "_ext"))

import colours
import vectors

from salkit.plots import COLOURS

FIGURES = SITE.parents[1] / "figures"
GROUND = "#14181e"  # the theme's dark page
EVERY = sorted(path.relative_to(FIGURES).with_suffix("").as_posix() for path in FIGURES.rglob("*.pdf"))
LOOKED_AT = [
    "01_fig2",
    "01_phase_plane",
    "03_fig4",
    "05_circuit",
    "05_fig6",
    "07_map",
    "07_reconstructions",
    "overview",
]


def parts(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))


def contrast(one: str, other: str) -> float:
    """WCAG 2's ratio of two colours."""
    levels = []
    for colour in (one, other):
        r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts(colour))
        levels.append(0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05)
    return max(levels) / min(levels)


def distance(one: str, other: str) -> float:
    return float(np.linalg.norm(255 * (np.array(parts(one)) - np.array(parts(other)))))


def rendered(chromium: Browser, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The SVG at the PNG's size, and the PNG, both with a little blur: edges are smoothed in two ways."""
    png = Image.open(FIGURES / f"{name}.png").convert("RGB")
    data = base64.b64encode((SITE / "_static" / "figures" / f"{name}.svg").read_bytes()).decode()
    page = chromium.new_page(viewport={"width": png.width, "height": png.height})
    page.set_content(
        f'<body style="margin:0"><img style="display:block;width:{png.width}px;height:{png.height}px" '
        f'src="data:image/svg+xml;base64,{data}">'
    )
    page.evaluate("document.images[0].decode()")
    shown = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    page.close()
    return tuple(np.asarray(im.filter(ImageFilter.GaussianBlur(3)), np.float64) for im in (shown, png))  # type: ignore


@pytest.mark.parametrize("name", LOOKED_AT)
def test_a_vector_shows_what_the_picture_shows(chromium: Browser, name: str) -> None:
    """Blurred by three pixels no more than 0.25 % of them differ by a fifth of the range (a legend may lie a pixel
    off, as letters are as wide as the printer has them); a line less is 1 %. Edges of the digits' pixels, which the
    two smooth in two ways, differ by less all over the picture.
    """
    shown, png = rendered(chromium, name)
    away = np.abs(shown - png).max(axis=2)
    print(f"{name}: mean {away.mean():.2f}, above 51: {np.mean(away > 51):.5f}")
    assert np.mean(away > 51) < 2.5e-3 and away.mean() < (5 if name == "07_reconstructions" else 2)


def test_the_comparison_can_fail(chromium: Browser) -> None:
    shown, _ = rendered(chromium, "03_learning")
    png = np.asarray(Image.open(FIGURES / "03_learning.png").convert("RGB"), np.float64)
    without = png.copy()
    without[np.abs(png - np.array([0, 114, 178])).max(axis=2) < 30] = 255  # SAL's line gone
    away = np.abs(
        shown - np.asarray(Image.fromarray(without.astype(np.uint8)).filter(ImageFilter.GaussianBlur(3)), float)
    )
    assert np.mean(away.max(axis=2) > 51) > 1e-2


@pytest.mark.parametrize("ending", ["", ".dark"])
def test_every_figure_is_there_and_whole(ending: str) -> None:
    assert len(EVERY) > 90
    for name in EVERY:
        text = (SITE / "_static" / "figures" / f"{name}{ending}.svg").read_text(encoding="utf-8")
        assert text.startswith("<svg ") and text.endswith("</svg>\n") and text.count("<path") > 5, name
        assert "nan" not in text.replace("data:image", "").split("base64")[0] and "http" not in text[60:], name


def test_in_the_dark_white_is_the_page_and_every_colour_is_seen() -> None:
    assert colours.dark((1.0, 1.0, 1.0)) == GROUND and contrast(colours.dark((0.0, 0.0, 0.0)), GROUND) > 12
    shown = {name: colours.dark(parts(colour)) for name, colour in COLOURS.items()}
    tints = {"guide", "simulation"}  # helping lines and filled areas
    faint = {name: contrast(colour, GROUND) for name, colour in shown.items() if name not in tints}
    assert min(faint.values()) > 3, faint
    assert contrast(shown["simulation"], GROUND) > 1.1
    names = sorted(COLOURS)
    for k, one in enumerate(names):
        for other in names[k + 1 :]:
            assert distance(shown[one], shown[other]) > 10 or distance(COLOURS[one], COLOURS[other]) < 40, (one, other)


def test_dark_greys_keep_their_order() -> None:
    levels = [contrast(colours.dark((grey, grey, grey)), GROUND) for grey in np.linspace(0, 1, 11)]
    assert levels == sorted(levels, reverse=True) and levels[-1] == 1


def page_of(content: bytes) -> bytes:
    """A PDF of one page with this content."""
    data = zlib.compress(content)
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [ 3 0 R ] /Count 1 >>",
               b"<< /Type /Page /MediaBox [ 0 0 72 36 ] /Resources << >> /Contents 4 0 R >>",
               b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(data) + data + b"\nendstream"]  # fmt: skip
    out, places = b"%PDF-1.4\n", [0]
    for number, text in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, text)
    table = b"".join(
        b"%010d %05d %s \n" % (place, 65535 * (not k), b"n" if k else b"f") for k, place in enumerate(places)
    )
    return out + b"xref\n0 %d\n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        5,
        table,
        5,
        len(out),
    )


def test_a_page_by_hand() -> None:
    """A square under a matrix, red, half transparent lines of known width, within a clip."""
    content = b"0 0 36 36 re W n q 2 0 0 2 10 4 cm 1 0 0 rg 0 0 1 RG 3 w 1 J [ 2 1 ] 0 d 0 0 5 5 re B Q 1 1 m 2 2 l S"
    text = vectors.svg(page_of(content)).svg(colours.light)
    assert 'viewBox="0 0 72 36"' in text and '<path d="M0 36L36 36L36 0L0 0Z"/></clipPath>' in text
    assert 'fill="#ff0000" stroke="#0000ff" stroke-width="6" stroke-linecap="round"' in text
    assert '<path d="M10 32L20 32L20 22L10 22Z"/>' in text and 'stroke-dasharray="4 2"' in text
    assert '<g fill="none" stroke="#000000" stroke-width="1" stroke-linecap="butt"' in text and "M1 35L2 34" in text


@pytest.mark.parametrize("content", [b"0 0 5 5 re f*", b"/P1 sh", b"1 0 0 0 k"])
def test_what_matplotlib_does_not_write_is_an_error(content: bytes) -> None:
    with pytest.raises(ValueError, match="which Matplotlib does not write"):
        vectors.svg(page_of(content))

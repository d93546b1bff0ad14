"""Odd and damaged films: the right frames, or one sentence that says what is required, what came and what to try."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from functools import partial

import av
import numpy as np
import pytest
from PIL import Image

from nst_core.errors import FilmError
from nst_core.film.info import Clip, FilmLimits
from tests.nst_core.film import films
from tests.serving import ROOT

UNIT = 1 << 16
"""One, in a display matrix."""


def turned(film: bytes, a: int, b: int, c: int, d: int) -> bytes:
    """An MP4 with another display matrix, as phones write it."""
    at = film.index(b"tkhd") + 44
    return film[:at] + struct.pack(">9i", a * UNIT, b * UNIT, 0, c * UNIT, d * UNIT, 0, 0, 0, 1 << 30) + film[at + 36 :]


def sound_only(kind: str = "mp4", cover: bool = False) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as film:
        sound = film.add_stream("aac", rate=48_000)
        if cover:
            art = film.add_stream("mjpeg", rate=1)
            art.width, art.height, art.pix_fmt = 64, 48, "yuvj420p"
            art.disposition = av.stream.Disposition.attached_pic
            film.start_encoding()
            film.mux(art.encode(av.VideoFrame(64, 48, "yuvj420p")))
            film.mux(art.encode())
        films.add_tone(film, sound, 0.3)
    return file.getvalue()


def overwritten(film: bytes, begin: float, end: float) -> bytes:
    """A film whose packed pictures are noise from one share of their bytes to another."""
    at = film.index(b"mdat") + 4
    size = film.index(b"moov") - at if film.index(b"moov") > at else len(film) - at
    first, last = at + int(begin * size), at + int(end * size)
    return film[:first] + np.random.default_rng(7).bytes(last - first) + film[last:]


def plain() -> bytes:
    return films.video(films.scene(20), options={"g": "5"})


def index_first() -> bytes:
    return films.video(films.scene(20), options={"crf": "1"}, container_options={"moov_size": "4000"})


def encrypted() -> bytes:
    keys = {"encryption_key": "76a6c65c5ea762046bd749a2e632ccbb", "encryption_kid": "a7e61c373e219033c21091fa607bf3b8"}
    return films.video(films.scene(5), container_options={"encryption_scheme": "cenc-aes-ctr", **keys})


def still(kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(films.scene(1)[0]).save(file, kind)
    return file.getvalue()


def shortened(film: bytes, share: float) -> bytes:
    return film[: int(share * len(film))]


def animation(kind: str, count: int = 5) -> bytes:
    file = io.BytesIO()
    first, *rest = map(Image.fromarray, films.scene(count))
    first.save(file, kind, save_all=True, append_images=rest, duration=40, loop=0)
    return file.getvalue()


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "text": (lambda: b"no film at all, but a text that is called film.mp4", "got something else; convert"),
    "playlist of local files": (lambda: b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "got something else; convert"),
    "picture": (partial(still, "PNG"), "got a PNG picture; convert"),
    "photograph": (partial(still, "JPEG"), "got a JPEG picture; convert"),
    "AVI": (lambda: films.video(films.scene(2), "avi", "mpeg4"), "got an AVI video; convert"),
    "Ogg": (lambda: b"OggS" + bytes(80), "got an Ogg file; convert"),
    "AVIF": (lambda: b"\0\0\0\x20ftypavif" + bytes(80), "got an AVIF; convert"),
    "page": (lambda: b"<!DOCTYPE html><p>404", "got a web page; convert"),
    "MP4 that ends after its header": (lambda: plain()[:32], "damaged or cut off"),
    "MP4 cut off before its index": (lambda: shortened(plain(), 0.5), "damaged or cut off"),
    "MP4 cut off after its index": (lambda: shortened(index_first(), 0.8), r"\d of its 20 pictures are missing"),
    "WebM cut off in its header": (lambda: shortened(films.video(films.scene(2), "webm", "libvpx-vp9"), 0.1), "; "),
    "GIF cut off in its first picture": (lambda: animation("GIF")[:200], "first picture of this GIF is not complete"),
    "WebP cut off": (lambda: shortened(animation("WEBP"), 0.7), "bytes are missing"),
    "noise": (lambda: np.random.default_rng(3).bytes(5000), "got something else"),
    "noise that begins like a WebM": (lambda: b"\x1a\x45\xdf\xa3" + np.random.default_rng(3).bytes(5000), "; "),
    "noise that begins like an MP4": (lambda: b"\0\0\0\x20ftypisom" + np.random.default_rng(3).bytes(5000), "; "),
    "noise that begins like a GIF": (lambda: b"GIF89a" + np.random.default_rng(3).bytes(5000), "; "),
    "sound": (sound_only, "must have pictures, got a file with sound only"),
    "song with a cover": (lambda: sound_only(cover=True), "must have pictures, got a file with sound only"),
    "no frames": (lambda: films.video([]), "; "),
    "encrypted": (encrypted, "protected against copying"),
    "all pictures damaged": (lambda: overwritten(plain(), 0, 1), "may be damaged"),
    "unknown codec": (lambda: plain().replace(b"avc1", b"zzzz"), "; "),
    "tiny": (lambda: films.video(films.scene(2, 16, 64)), "at least 32 px, got 16 x 64 px"),
    "ribbon": (lambda: films.video(films.scene(2, 512, 32)), "8 times the shorter, got 512 x 32 px"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_film_is_one_sentence(name: str) -> None:
    make, words = REFUSED[name]
    with pytest.raises(FilmError, match=words) as refused:
        films.frames_of(make())
    message = str(refused.value)
    assert "film" in message
    assert "must" in message
    assert "; " in message
    assert "\n" not in message


def test_a_large_film_is_refused_before_a_picture_is_decoded() -> None:
    with pytest.raises(FilmError, match=r"at most 0\.003 megapixels, got 64 x 48 px"):
        films.info_of(plain(), limits=FilmLimits(pixels=3000))


def seen_numbers(film: bytes, clip: Clip | None = None) -> list[int]:
    return [films.number_of(frame.pixels) for frame in films.frames_of(film, clip=clip or Clip())]


_AV1 = """
import sys
from tests.nst_core.film import films
sys.stdout.buffer.write(films.video(films.scene(8), "webm", "libsvtav1", options={"preset": "12"}))
"""


def av1() -> bytes:
    """An AV1 film, encoded by a process of its own.

    Under root, its encoder gives the calling thread a realtime priority for good, which child processes inherit: other
    processes, such as a test's servers, would then wait for minutes.
    """
    done = subprocess.run([sys.executable, "-c", _AV1], cwd=ROOT, capture_output=True, check=True)
    assert os.sched_getscheduler(0) == os.SCHED_OTHER
    return done.stdout


RIGHT: dict[str, Callable[[], bytes]] = {
    "plain": lambda: films.video(films.scene(8)),
    "WebM with another ending": lambda: films.video(films.scene(8), "webm", "libvpx-vp9"),
    "VP8": lambda: films.video(films.scene(8), "webm", "libvpx"),
    "AV1": av1,
    "HEVC of 10 bits": lambda: films.video(
        films.scene(8), "mp4", "libx265", "yuv420p10le", options={"x265-params": "log-level=none"}
    ),
    "MPEG-4 with B-frames": lambda: films.video(films.scene(8), "mov", "mpeg4", options={"bf": "2", "qscale": "2"}),
    "ProRes": lambda: films.video(films.scene(8), "mov", "prores_ks", "yuv422p10le"),
    "Motion JPEG of full range": lambda: films.video(films.scene(8), "mov", "mjpeg", "yuvj420p"),
    "lossless RGB": lambda: films.video(films.scene(8), "matroska", "libx264rgb", "rgb24"),
    "grey": lambda: films.video(films.scene(8), "matroska", "ffv1", "gray"),
    "fragmented MP4": lambda: films.video(
        films.scene(8), container_options={"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    ),
    "WebM without a duration, as browsers record it": lambda: films.video(
        films.scene(8), "webm", "libvpx-vp9", container_options={"live": "1"}
    ),
    "with B-frames and a late start": lambda: films.video(
        films.scene(8), times=[5 + n / 25 for n in range(8)], options={"bf": "3"}
    ),
    "interlaced": lambda: films.video(films.scene(8), options={"x264-params": "tff=1"}),
    "GIF": lambda: animation("GIF", 8),
    "animated WebP": lambda: animation("WEBP", 8),
}


@pytest.mark.parametrize("name", RIGHT)
def test_each_kind_of_film_is_read(name: str) -> None:
    film = RIGHT[name]()
    info = films.info_of(film)
    assert (info.width, info.height, info.frames, info.frames_per_second) == (64, 48, 8, 25.0)
    assert info.seconds == pytest.approx(0.32, abs=0.002)
    assert info.bit_depth == (10 if "10 bits" in name or name == "ProRes" else 8)
    frames = films.frames_of(film)
    assert [films.number_of(frame.pixels) for frame in frames] == list(range(8))
    red, blue = frames[3].pixels[5, 5].astype(int), frames[3].pixels[-5, -5].astype(int)
    if name != "grey":
        assert np.abs(red - (230, 20, 20)).max() <= 12
        assert np.abs(blue - (20, 20, 230)).max() <= 12


def test_a_single_picture_is_a_film_of_one_frame() -> None:
    for film in (films.video(films.scene(1)), still("GIF"), still("WEBP")):
        assert films.info_of(film).frames == 1
        assert seen_numbers(film) in ([0], [0] * 2)  # a still picture is shown for 0.1 s


def test_a_variable_rate_becomes_constant_and_a_gap_is_filled() -> None:
    times = [0.0, 0.04, 0.081, 0.12, 0.28, 0.32, 0.36, 0.4]  # 25 a second, but for three that are missing
    film = films.video(films.scene(8), "matroska", "ffv1", "yuv444p", times=times)
    assert films.info_of(film).frames_per_second == 25.0
    assert seen_numbers(film) == [0, 1, 2, 3, 3, 3, 3, 4, 5, 6, 7]
    assert seen_numbers(film, Clip(frames_per_second=12.5)) == [0, 2, 3, 3, 5, 7]
    assert seen_numbers(film, Clip(0.12, 0.3)) == [3, 3, 3, 3]


def test_a_high_rate_is_thinned() -> None:
    film = films.video(films.scene(12), "matroska", "ffv1", "yuv444p", rate=120)
    assert films.info_of(film).frames_per_second == 60.0
    assert seen_numbers(film) == [0, 2, 4, 6, 8, 10]


def test_a_damaged_part_repeats_the_last_good_picture_and_the_rest_is_right() -> None:
    film = overwritten(films.video(films.scene(20), codec="mpeg4", options={"g": "1", "qscale": "2"}), 0.4, 0.6)
    numbers = seen_numbers(film)
    assert numbers == [0, 1, 2, 3, 4, 5, 5, 5, 5, 5, 5, 5, *range(12, 20)]


@pytest.mark.parametrize(
    ("matrix", "red", "blue"),
    [
        ((1, 0, 0, 1), (0, 0), (-1, -1)),
        ((0, 1, -1, 0), (0, -1), (-1, 0)),  # a quarter turn clockwise: the first corner is at the right
        ((-1, 0, 0, -1), (-1, -1), (0, 0)),
        ((0, -1, 1, 0), (-1, 0), (0, -1)),
        ((-1, 0, 0, 1), (0, -1), (-1, 0)),  # a mirror
        ((0, 1, 1, 0), (0, 0), (-1, -1)),
    ],
)
def test_a_turned_film_is_put_upright(
    matrix: tuple[int, int, int, int], red: tuple[int, int], blue: tuple[int, int]
) -> None:
    film = turned(films.video(films.scene(2)), *matrix)
    upright = (64, 48) if matrix[0] else (48, 64)
    info = films.info_of(film)
    assert (info.width, info.height) == upright
    for edge_px in (None, 32):
        pixels = films.frames_of(film, edge_px=edge_px)[0].pixels
        assert pixels.shape[:2] == tuple(side * (edge_px or 64) // 64 for side in upright[::-1])
        inner = pixels[3:-3, 3:-3].astype(int)
        assert np.abs(inner[red] - (230, 20, 20)).max() <= 12
        assert np.abs(inner[blue] - (20, 20, 230)).max() <= 12


@pytest.mark.parametrize(
    ("aspect", "size"), [(Fraction(4, 3), (85, 48)), (Fraction(1, 2), (64, 96)), (Fraction(100), (64, 48))]
)
def test_pixels_are_made_square(aspect: Fraction, size: tuple[int, int]) -> None:
    film = films.video(films.scene(2), sample_aspect_ratio=aspect)
    info = films.info_of(film)
    assert (info.width, info.height) == size
    assert films.frames_of(film)[0].pixels.shape == (size[1], size[0] & ~1, 3)


@pytest.mark.parametrize("edge_px", [None, 40, 64, 500])
def test_odd_sides_are_read_even_and_never_enlarged(edge_px: int | None) -> None:
    scene = films.scene(1, 63, 47)
    film = films.video(scene, "matroska", "ffv1", "yuv444p")
    pixels = films.frames_of(film, edge_px=edge_px)[0].pixels
    assert pixels.shape == ((30, 40, 3) if edge_px == 40 else (46, 62, 3))
    if edge_px != 40:
        assert np.abs(pixels.astype(int) - scene[0][:46, :62]).max() <= 3


def test_a_film_that_changes_its_size_keeps_that_of_its_first_frame() -> None:
    large, small = films.scene(4, 96, 72)[2:], films.scene(2)
    file = io.BytesIO()
    with av.open(file, "w", format="webm") as film:
        stream = film.add_stream("libvpx-vp9", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        number = 0
        for part in (small, large):
            with av.open(io.BytesIO(films.video(part, "webm", "libvpx-vp9")), "r") as source:
                for packet in source.demux(video=0):
                    if packet.size:
                        packet.pts = packet.dts = number * 40
                        packet.time_base, packet.stream = Fraction(1, 1000), stream
                        number += 1
                        film.mux(packet)
    frames = films.frames_of(file.getvalue())
    assert {frame.pixels.shape for frame in frames} == {(48, 64, 3)}
    assert [films.number_of(frame.pixels) for frame in frames] == [0, 1, 2, 3]


def see_through(count: int = 3) -> list[films.Pixels]:
    """Frames of `scene` with transparency: the left half is gone, and hides green."""
    made = []
    for pixels in films.scene(count):
        alpha = np.full((48, 64, 1), 255, np.uint8)
        alpha[:, :32] = 0
        hidden = np.where(alpha == 0, np.array([0, 255, 0], np.uint8), pixels)
        made.append(np.concatenate([hidden, alpha], axis=2))
    return made


def animated_see_through(kind: str) -> bytes:
    file = io.BytesIO()
    first, *rest = (Image.fromarray(pixels, "RGBA") for pixels in see_through())
    options = {"lossless": True} if kind == "WEBP" else {"disposal": 2}
    first.save(file, kind, save_all=True, append_images=rest, duration=40, loop=0, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    "make",
    [
        lambda: films.video(see_through(), "webm", "libvpx-vp9", "yuva420p"),
        lambda: films.video(see_through(), "mov", "qtrle", "argb"),
        lambda: films.video(see_through(), "mov", "prores_ks", "yuva444p10le"),
        lambda: animated_see_through("GIF"),
        lambda: animated_see_through("WEBP"),
    ],
    ids=["VP9", "QuickTime animation", "ProRes", "GIF", "WebP"],
)
def test_transparent_parts_are_white_and_hidden_colours_stay_hidden(make: Callable[[], bytes]) -> None:
    film = make()
    assert films.info_of(film).has_alpha
    for edge_px in (None, 32):
        for frame in films.frames_of(film, edge_px=edge_px):
            half = frame.pixels.shape[1] // 2
            assert frame.pixels[:, : half - 3].min() >= 250
            assert films.number_of(frame.pixels[:, half + 3 :]) == frame.index


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_transparent_parts_are_kept_where_they_are_asked_for(kind: str) -> None:
    for edge_px in (None, 32):
        for frame in films.frames_of(animated_see_through(kind), edge_px=edge_px, keeps_alpha=True):
            half = frame.pixels.shape[1] // 2
            assert frame.alpha is not None
            assert frame.alpha[:, : half - 3].max() <= 2
            assert frame.alpha[:, half + 3 :].min() >= 253
            assert films.number_of(frame.pixels[:, half + 3 :]) == frame.index
            clear = frame.pixels[:, : half - 3].astype(int)
            assert (clear[..., 1] - clear[..., 0]).max() < 60, "hidden colours stay hidden"
    opaque = films.frames_of(films.video(films.scene(1)), keeps_alpha=True)
    assert opaque[0].alpha is None


def test_a_gif_shows_what_another_decoder_shows() -> None:
    """Pictures that cover a part, and are taken away, restored or kept: Pillow is the oracle."""
    random, parts = np.random.default_rng(5), []
    for _ in range(8):
        image = Image.new("RGBA", (64, 48), (0, 0, 0, 0))
        box = sorted(random.integers(0, 64, 2)), sorted(random.integers(0, 48, 2))
        colour = (*(int(each) for each in random.integers(0, 256, 3)), 255)
        image.paste(colour, (box[0][0], box[1][0], box[0][1] + 1, box[1][1] + 1))
        parts.append(image)
    file = io.BytesIO()
    parts[0].save(file, "GIF", save_all=True, append_images=parts[1:], duration=40, disposal=[1, 2, 3, 2, 1, 3, 2, 1])
    frames = films.frames_of(file.getvalue())
    with Image.open(file) as image:
        assert len(frames) == getattr(image, "n_frames", 1)
        for frame in frames:
            image.seek(frame.index)
            white = Image.new("RGBA", image.size, "white")
            white.alpha_composite(image.convert("RGBA"))
            np.testing.assert_array_equal(frame.pixels, np.asarray(white.convert("RGB")))


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_an_animation_without_times_is_as_slow_as_in_a_browser(kind: str) -> None:
    file = io.BytesIO()
    first, *rest = map(Image.fromarray, films.scene(4))
    first.save(file, kind, save_all=True, append_images=rest, duration=0, loop=0)
    info = films.info_of(file.getvalue())
    assert info.frames_per_second == 10.0
    assert info.seconds == pytest.approx(0.4)

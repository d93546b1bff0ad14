"""A catalogue of public-domain paintings; each is downloaded on demand, checked like an upload, and cached."""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import quote

from nst_core.errors import FetchError, PictureError
from nst_core.net.http import fetch
from nst_core.picture.upload import Picture, open_picture
from nst_core.settings import Settings
from nst_core.system.atomic_files import read_if_possible, write_if_possible

COMMONS = "https://commons.wikimedia.org/wiki/"


@dataclass(frozen=True)
class Painting:
    """A painting on Wikimedia Commons whose artist died before 1955.

    Attributes:
        key: its stable name, such as "starry-night".
        title: its usual English title.
        artist: the painter's name.
        year: as text; "" if disputed.
        file: its file name on Commons.
        licence: of the picture file.
    """

    key: str
    title: str
    artist: str
    year: str
    file: str
    licence: str = "public domain"

    @property
    def url(self) -> str:
        """Address of the picture, 1024 px wide."""
        return f"{COMMONS}Special:FilePath/{quote(self.file)}?width=1024"

    @property
    def page(self) -> str:
        """Address of the page that describes it."""
        return f"{COMMONS}File:{quote(self.file)}"

    @property
    def cached(self) -> bool:
        """Whether the picture is in the local cache."""
        return os.path.exists(Settings.read().cache_dir / "paintings" / self.key)  # False if it may not be looked at

    def fetch(self, timeout_seconds: float = 5.0) -> Picture:
        """Read the picture from the cache, or download it.

        Args:
            timeout_seconds: longest wait for a connection; the whole download takes at most four times as long.

        Raises:
            FetchError: the picture is not cached and cannot be downloaded now.
        """
        path = Settings.read().cache_dir / "paintings" / self.key
        if (data := read_if_possible(path)) is not None:
            try:
                return open_picture(data)
            except PictureError:
                pass  # the cached file is damaged: download it again
        if Settings.read().offline:
            raise FetchError(
                f"{self.title} must be fetched, but this server is set to stay offline; choose another style"
            )
        data = fetch(self.url, timeout_seconds=timeout_seconds, total_seconds=4 * timeout_seconds)
        try:
            picture = open_picture(data)
        except PictureError as error:
            raise FetchError(f"{self.title} did not come as a picture: {error}") from None
        write_if_possible(path, data)
        return picture


def paintings() -> tuple[Painting, ...]:
    """Every painting of the catalogue."""
    return _PAINTINGS


def find(key: str) -> Painting:
    """The painting with this key. Raises PictureError, which lists all keys."""
    for painting in _PAINTINGS:
        if painting.key == key:
            return painting
    raise PictureError(f"a painting must be one of {', '.join(p.key for p in _PAINTINGS)}, got {key[:60]!r}")


_PAINTINGS = (
    Painting("starry-night", "The Starry Night", "Vincent van Gogh", "1889",
             "Van Gogh - Starry Night - Google Art Project.jpg"),
    Painting("composition-7", "Composition VII", "Wassily Kandinsky", "1913",
             "Vassily Kandinsky, 1913 - Composition 7.jpg"),
    Painting("great-wave", "The Great Wave off Kanagawa", "Katsushika Hokusai", "1831",
             "Tsunami by hokusai 19th century.jpg"),
    Painting("scream", "The Scream", "Edvard Munch", "1893",
             "Edvard Munch, 1893, The Scream, oil, tempera and pastel on cardboard, 91 x 73 cm, "
             "National Gallery of Norway.jpg"),
    Painting("shipwreck", "The Shipwreck", "J. M. W. Turner", "1805",
             "Joseph Mallord William Turner - The Shipwreck - Google Art Project.jpg"),
    Painting("sunrise", "Impression, Sunrise", "Claude Monet", "1872", "Monet - Impression, Sunrise.jpg"),
    Painting("kiss", "The Kiss", "Gustav Klimt", "1908", "The Kiss - Gustav Klimt - Google Cultural Institute.jpg"),
    Painting("grande-jatte", "A Sunday on La Grande Jatte", "Georges Seurat", "1886",
             "A Sunday on La Grande Jatte, Georges Seurat, 1884.jpg"),
    Painting("sainte-victoire", "Mont Sainte-Victoire", "Paul Cézanne", "",
             "Montagne Sainte-Victoire, par Paul Cézanne 108.jpg"),
    Painting("foxes", "The Foxes", "Franz Marc", "1913", "Franz Marc - The Foxes - Google Art Project.jpg"),
    Painting("rain-steam-speed", "Rain, Steam and Speed", "J. M. W. Turner", "1844",
             "Turner - Rain, Steam and Speed - National Gallery file.jpg"),
    Painting("several-circles", "Several Circles", "Wassily Kandinsky", "1926",
             "Vassily Kandinsky, 1926 - Several Circles, Gugg 0910 25.jpg"),
    Painting("wheat-field", "Wheat Field with Cypresses", "Vincent van Gogh", "1889",
             "Wheat-Field-with-Cypresses-(1889)-Vincent-van-Gogh-Met.jpg"),
)  # fmt: skip

"""Settings from a link, from a picture that contains its recipe, or from an earlier run.

They become a preset of their own, and the page's widgets start from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from nst_core.errors import NSTError, RecipeError
from nst_core.picture.frame import Frame
from nst_core.recipe import Recipe, StylePicture, change, links, parse
from pages.parts.app import theme
from pages.parts.app.session_values import SessionValue
from pages.parts.inputs import crop, folding, kept, mask_brush, style_weights
from pages.parts.inputs.selection import SOURCE, SelectedImage, choose, find_sample, select_style, style_slots

if TYPE_CHECKING:
    from nst_core.picture.upload import Picture
    from nst_core.runs.inputs import RunInputs

QUERY_PARAMETER = "settings"
"""The query parameter that holds settings."""
PRESET = "opened"
"""The opened settings' key among the presets."""
_PAGES = {"fast": "fast", "slow": "slow", "balanced": "slow"}
_MAX_STYLES = 4
_OPENED = SessionValue[tuple[Recipe, int]]("imported", "opened")
"""By page, the opened settings and their number, which distinguishes their widgets."""
_COUNT = SessionValue[int]("imported", "count")
"""The number of settings opened in this session."""
_LINK = SessionValue[str]("imported", "link")
"""The settings in the address that were opened last: each link is opened once."""
_WITHOUT_REGIONS = SessionValue[str]("imported", "without_regions")
"""The page whose settings were opened without the regions of their run, or ""."""


def open_settings(recipe: Recipe, *, stay: bool = False, had_regions: bool = False) -> None:
    """Put a recipe's settings into the widgets of its method's page and go there; the selected pictures stay.

    The recipe's regions are left out, and the page says so; also with `had_regions`, if a link had some.
    """
    page = page_of(recipe)
    _put(_settings_of(recipe), links.without_pictures(recipe))
    _WITHOUT_REGIONS.put(page if recipe.regions or had_regions else "")
    if recipe.medium == "film":
        from pages.parts.film import settings

        settings.open_film_settings(recipe)
    if not stay:
        st.switch_page(f"pages/{page}.py")


def open_with_pictures(recipe: Recipe, pictures: RunInputs, *, stay: bool = False) -> None:
    """Open a run's settings, and select its photograph, its styles, and the regions painted on the photograph.

    Of a film's run the film is selected, without regions.
    """
    if recipe.medium == "film":
        from pages.parts.film import chosen

        chosen.choose_again(pictures)
        open_styles(recipe, pictures, stay=True)
        open_settings(recipe, stay=stay)
        return
    choose("content", _selected(pictures.content, "The photograph of this run"))
    open_styles(recipe, pictures, stay=True)
    has_regions = mask_brush.restore(pictures.content, recipe.regions, pictures.masks)
    open_settings(change(recipe, {"regions": []}) if has_regions else recipe, stay=stay)


def open_styles(recipe: Recipe, pictures: RunInputs, *, stay: bool = False) -> None:
    """Open a run's settings and select its styles, for a photograph of the visitor's own."""
    style_pictures = recipe.styles or tuple(StylePicture(sha256=style.sha256) for style in pictures.styles)
    named = [_selected(style, f"Style {n} of this run") for n, style in enumerate(pictures.styles, 1)]
    style_weights.restore(list(zip(named, style_pictures, strict=True))[:_MAX_STYLES])
    if not stay:
        SOURCE.put("Upload", "content")
        open_settings(recipe)


def opened_recipe(page: str) -> Recipe | None:
    """The settings that were opened on a page, if any."""
    opened = _OPENED.get(page)
    return opened[0] if opened else None


def widget_prefix(page: str) -> str:
    """The prefix of the widget keys of a page: each set of opened settings has widgets of its own."""
    opened = _OPENED.get(page)
    return f"{page}_{PRESET}{opened[1]}" if opened else page


def preset_key(page: str) -> str:
    """The widget key of a page's preset chooser; opened settings are set through it."""
    return f"{page}_preset"


def open_from_address(page: str) -> None:
    """Open the settings in the address, once; call it before the page's widgets are drawn.

    Settings of another method open that method's page.
    """
    text = st.query_params.get(QUERY_PARAMETER)
    if text:
        _open_link(page, text)
    if _WITHOUT_REGIONS.get() == page and not mask_brush.is_on():
        theme.notice("quiet", "Painted regions were left out", "They belong to another photograph; paint them again")


def _open_link(page: str, text: str) -> None:
    try:
        if _LINK.get() != text:
            _LINK.put(text)
            recipe, pictures = links.from_text(text)
            if not kept.is_restored(text):  # else they were replaced before the page was reloaded
                _select_pictures(pictures)
            open_settings(recipe, stay=page_of(recipe) == page, had_regions=pictures.get("g") is True)
            if "job" in st.query_params:  # a reload of a page that painted what its link had opened
                folding.fold(page)
    except NSTError as error:
        theme.notice("warning", "The settings in this link cannot be used", str(error))


def address(recipe: Recipe) -> str:
    """A link without its host that opens these settings with the selected pictures, if they are bundled ones."""
    from pages.parts.inputs.selection import selected

    pictures: dict[str, Any] = {}
    if key := selected("content").key:
        pictures["c"] = key
        if not (frame := crop.frame()).is_whole:
            pictures["f"] = {"c": frame.crop, "r": frame.rotation_deg}
    styles = [{"k": s.image.key, "w": s.weight, "c": s.crop, "r": s.rotation_deg} for s in style_weights.in_use()]
    if all(style["k"] for style in styles):
        pictures["y"] = styles
    if recipe.regions:
        pictures["g"] = True  # the run had regions, which a link cannot contain
    return f"{page_of(recipe)}?{QUERY_PARAMETER}={links.to_text(recipe, pictures)}"


def page_of(recipe: Recipe) -> str:
    """The page of a recipe: that of films, or of its method."""
    return "film" if recipe.medium == "film" else _PAGES[recipe.method]


def _settings_of(recipe: Recipe) -> str:
    """The prefix of the widgets of a recipe: the page for films has those of both methods."""
    return f"film_{_PAGES[recipe.method]}" if recipe.medium == "film" else page_of(recipe)


def _select_pictures(pictures: Mapping[str, Any]) -> None:
    """Select the bundled pictures that a link names; unknown ones are ignored."""
    content, styles = pictures.get("c"), pictures.get("y")
    if photograph := find_sample("content", content):
        choose("content", photograph)
        if isinstance(frame := pictures.get("f"), dict) and (view := _style_picture(frame)):
            crop.set_frame(Frame(view.crop, view.rotation_deg))
    found = [style for style in map(_style, styles[:_MAX_STYLES]) if style] if isinstance(styles, Sequence) else []
    if found:
        style_weights.restore(found)


def _style(entry: Any) -> tuple[SelectedImage, StylePicture] | None:
    found = find_sample("style", entry.get("k")) if isinstance(entry, dict) else None
    return (found, _style_picture(entry) or StylePicture(sha256="0" * 64)) if found else None


def _style_picture(entry: Mapping[str, Any]) -> StylePicture | None:
    """The weight, crop and rotation in an entry of a link; None if a recipe would refuse them."""
    style = {"sha256": "0" * 64, "weight": entry.get("w", 1.0), "crop": entry.get("c"), "rotation_deg": entry.get("r")}
    try:
        return parse({"styles": [style]}).styles[0]
    except RecipeError:
        return None


def _selected(picture: Picture, title: str) -> SelectedImage:
    from nst_core.picture.upload import kept_on_disk

    return SelectedImage("", title, "", title.lower(), partial(_identity, kept_on_disk(picture)))


def _identity(picture: Picture) -> Picture:
    return picture


def _put(page: str, recipe: Recipe) -> None:
    number = (_COUNT.get() or 0) + 1
    _COUNT.put(number)
    _OPENED.put((recipe, number), page)
    st.session_state[preset_key(page)] = PRESET
    folding.unfold(page)
    select_style(style_slots()[0])

"""One finished run under its own link: the picture, how it came about, and the way to do it again."""

from pages.parts import desk, look, result

look.page("Result", "A picture painted here, with all that is needed to paint it again.")
result.panel()
desk.engine_light()

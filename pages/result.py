"""One finished run under its own link: the picture, its settings, and buttons that use them again."""

from pages.parts.app import service, theme
from pages.parts.runs import result

theme.page("Result", "A picture or a film painted here, with everything needed to paint it again.")
result.panel()
service.worker_status()

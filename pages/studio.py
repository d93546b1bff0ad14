"""The first screen: a finished example, and links to the methods."""

from pages.parts.app import service, theme
from pages.parts.studio import landing

theme.apply()
landing.hero()
landing.steps()
landing.curves()
landing.methods()
service.worker_status()

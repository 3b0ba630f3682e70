"""An app of nothing but the choice of a server, for a run that nothing tells where to go."""

from collections.abc import Sequence

from textual.app import App

from bulltui.config.settings import KnownProfile
from bulltui.tui.switch import Switch
from bulltui.tui.themes import register_themes, theme_named, token_defaults


class PickerApp(App[Switch | None], inherit_bindings=False):
    """Ends with what was chosen, None where one left. `notice` says why one is asked again: what was chosen before
    could not be opened."""

    TITLE = "bulltui"
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, known: Sequence[KnownProfile], *, notice: str = "", theme: str = "") -> None:
        super().__init__()
        self._known = tuple(known)
        self._notice = notice
        register_themes(self)
        self.theme = theme_named(self, theme)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Colours of our tokens in themes that are not ours."""
        return token_defaults(self.current_theme)

    def on_mount(self) -> None:
        """Ask."""
        from bulltui.tui.screens.profiles import ProfilesScreen

        self.push_screen(ProfilesScreen(self._known, notice=self._notice), self.exit)

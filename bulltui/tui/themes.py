"""The two themes of our own, and how a token becomes a colour. The only place where Python names colours.

A *token* says what a text means (`failed`, `waiting`, `dim`), never how it looks. In tcss it is the variable `$failed`;
widgets that draw lines ask a `Palette`. Beside a token, a style may have attributes: `failed bold`.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from rich.color import Color as RichColor
from rich.color import blend_rgb
from rich.style import Style
from textual.app import App
from textual.color import Color, ColorParseError
from textual.theme import Theme

StyleLike = str | Style
"""A style for a piece of text: words of tokens and attributes (`"failed bold"`), `""` for plain, or a rich Style."""

_FALLBACKS = {
    "waiting": "text-secondary",
    "active": "text-primary",
    "ok": "text-success",
    "failed": "text-error",
    "delayed": "text-warning",
    "paused": "text-accent",
    "stale": "foreground-muted",
    "prioritized": "text-accent",
    "children": "text-secondary",
    "dim": "foreground-muted",
    "syntax-key": "text-primary",
    "syntax-string": "text-success",
    "syntax-number": "text-warning",
    "syntax-word": "text-accent",
}
"""Each token, and the variable of Textual that stands in for it in a theme that is not ours."""

TOKENS = tuple(_FALLBACKS)
"""The tokens: states of jobs (`ok` is completed), `stale` and `dim`, and the parts of JSON."""

_ATTRIBUTES = frozenset({"bold", "italic", "underline", "strike", "reverse"})

DARK = Theme(
    name="bulltui-dark",
    primary="#6cb0f5",
    secondary="#8fb6dd",
    accent="#e8b04b",
    warning="#e8b04b",
    error="#ff8087",
    success="#7bd88f",
    foreground="#d8dee9",
    background="#0f131a",
    surface="#141922",
    panel="#1d2430",
    dark=True,
    variables={
        "waiting": "#8db8fb",
        "active": "#4fd6de",
        "ok": "#7bd88f",
        "failed": "#ff8087",
        "delayed": "#e8b04b",
        "paused": "#ffa066",
        "stale": "#b3a894",
        "prioritized": "#f29be0",
        "children": "#b9a7ff",
        "dim": "#97a3b6",
        "syntax-key": "#8db8fb",
        "syntax-string": "#a5d6a7",
        "syntax-number": "#e8b04b",
        "syntax-word": "#f29be0",
        "foreground-muted": "#97a3b6",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-background": "#26364f",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-foreground": "#d8dee9",
        "block-cursor-blurred-background": "#1d2634",
        "footer-key-foreground": "#e8b04b",
        "footer-description-foreground": "#d8dee9",
        "footer-background": "#141922",
        "scrollbar": "#3a4659",
        "scrollbar-hover": "#4d5c74",
        "scrollbar-background": "#141922",
        "border": "#3a4659",
        "border-blurred": "#2a3342",
    },
)

LIGHT = Theme(
    name="bulltui-light",
    primary="#0b57b0",
    secondary="#3a5f8a",
    accent="#8a4b00",
    warning="#8a4b00",
    error="#b3121f",
    success="#14632b",
    foreground="#1b2029",
    background="#fbfbfa",
    surface="#f3f4f6",
    panel="#e6e9ee",
    dark=False,
    variables={
        "waiting": "#0b57b0",
        "active": "#00606b",
        "ok": "#14632b",
        "failed": "#b3121f",
        "delayed": "#7a4b00",
        "paused": "#953800",
        "stale": "#655f55",
        "prioritized": "#8a1a7a",
        "children": "#5536c0",
        "dim": "#555f6e",
        "syntax-key": "#0b57b0",
        "syntax-string": "#14632b",
        "syntax-number": "#7a4b00",
        "syntax-word": "#8a1a7a",
        "foreground-muted": "#555f6e",
        "block-cursor-foreground": "#000000",
        "block-cursor-background": "#cfe0f6",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-foreground": "#1b2029",
        "block-cursor-blurred-background": "#e3e9f1",
        "footer-key-foreground": "#8a4b00",
        "footer-description-foreground": "#1b2029",
        "footer-background": "#e6e9ee",
        "scrollbar": "#b4bcc8",
        "scrollbar-hover": "#96a0af",
        "scrollbar-background": "#f3f4f6",
        "border": "#96a0af",
        "border-blurred": "#ccd2db",
    },
)


_SHORT = {"": DARK.name, "dark": DARK.name, "light": LIGHT.name}


def theme_named(app: App[Any], name: str) -> str:
    """The theme that a person means: by a short name one of ours, by its own any that `app` knows. Dark for others."""
    full = _SHORT.get(name, name)
    return full if full in app.available_themes else DARK.name


def register_themes(app: App[Any]) -> None:
    """Make `bulltui-dark` and `bulltui-light` known to `app`."""
    app.register_theme(DARK)
    app.register_theme(LIGHT)


@lru_cache(8)
def _stand_ins(name: str, theme: "_ByName") -> Mapping[str, str]:
    variables = {**theme.theme.to_color_system().generate(), **theme.theme.variables}
    background = _colour(variables.get("background", ""))
    return {token: _opaque(variables.get(of, ""), background) for token, of in _FALLBACKS.items()}


class _ByName:
    """A theme as a key of a cache: themes are not hashable, and their names are unique."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme

    def __hash__(self) -> int:
        return hash(self.theme.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByName) and other.theme is self.theme


def _colour(value: str) -> Color | None:
    try:
        return Color.parse(value)
    except ColorParseError:
        return None


def _opaque(value: str, background: Color | None) -> str:
    """`value` as a colour that needs no blending: themes give some texts as a colour with an alpha."""
    colour = _colour(value.split(maxsplit=1)[0]) if value else None
    if colour is None:
        return "ansi_default"
    if colour.ansi is not None or background is None or background.ansi is not None:
        return value.split(maxsplit=1)[0]
    return (background + colour).hex


def token_defaults(theme: Theme) -> dict[str, str]:
    """The colours of all tokens in a theme that may not be ours.

    An app returns this from `get_theme_variable_defaults`, so that tcss with `$failed` works in every theme.
    """
    return dict(_stand_ins(theme.name, _ByName(theme)))


class Palette:
    """The tokens as rich styles, foreground only, in one theme."""

    def __init__(self, variables: Mapping[str, str], defaults: Mapping[str, str]) -> None:
        self._colours = {token: variables.get(token) or defaults[token] for token in TOKENS}
        self._styles: dict[StyleLike, Style] = {"": Style.null()}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Palette) and self._colours == other._colours

    def __hash__(self) -> int:
        return hash(tuple(self._colours.values()))

    def style(self, name: StyleLike) -> Style:
        """The rich style of `name`; words that are neither token nor attribute change nothing."""
        if isinstance(name, Style):
            return name
        style = self._styles.get(name)
        if style is None:
            style = self._styles[name] = self._resolve(name)
        return style

    def _resolve(self, name: str) -> Style:
        style = Style.null()
        for word in name.split():
            if word in _ATTRIBUTES:
                style += Style.parse(word)
            elif (colour := _colour(self._colours.get(word, ""))) is not None:
                style += Style(color=colour.rich_color)
        return style


_PALETTES: WeakKeyDictionary[App[Any], tuple[Mapping[str, str], Palette]] = WeakKeyDictionary()


def palette_of(app: App[Any]) -> Palette:
    """The palette of the app's theme now; the same object until the theme changes."""
    variables = app.theme_variables
    known = _PALETTES.get(app)
    if known is None or known[0] is not variables:
        palette = Palette(variables, token_defaults(app.current_theme))
        known = (variables, known[1] if known and known[1] == palette else palette)
        _PALETTES[app] = known
    return known[1]


def style_of(app: App[Any], name: StyleLike) -> Style:
    """The rich style of a token, with attributes or without, in the app's theme now."""
    return palette_of(app).style(name)


def contrast(one: RichColor, other: RichColor) -> float:
    """The contrast of two colours as WCAG 2 defines it: 1 for the same, 21 for black on white, 4.5 is readable."""

    def luminance(colour: RichColor) -> float:
        parts = (part / 255 for part in colour.get_truecolor())
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@lru_cache(2048)
def upon(base: Style, style: Style) -> Style:
    """`style` upon the background of `base`. A colour that could not be read there gives way to that of `base`."""
    whole = base + style
    if style.color is None or style.bgcolor is not None or whole.bgcolor is None or whole.reverse:
        return whole
    if style.color.triplet and whole.bgcolor.triplet:
        readable = contrast(style.color, whole.bgcolor) >= 4
    else:  # the terminal's own colours: only on its own background are they known to be readable
        readable = whole.bgcolor.is_default or whole.bgcolor.triplet is not None
    return whole if readable else whole + Style(color=base.color)


@lru_cache(2048)
def faded(style: Style) -> Style:
    """`style` with its text nearer to its background: for data that is no longer fresh. Still readable."""
    if style.color is None or style.bgcolor is None or not (style.color.triplet and style.bgcolor.triplet):
        return style + Style(dim=True)
    mixed = blend_rgb(style.color.triplet, style.bgcolor.triplet, 0.3)
    return style + Style.from_color(Color(*mixed).rich_color)

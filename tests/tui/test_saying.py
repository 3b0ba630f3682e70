"""What is said in passing: every toast shows all it says, or that there is more and where."""

import random

import pytest
from textual.widgets._toast import Toast

from bulltui.domain.errors import UnreachableError
from bulltui.domain.outcome import Outcome
from bulltui.tui.panes.footer import Footer
from bulltui.tui.present.said import Said, said_lines
from bulltui.tui.screens.main import MainScreen
from bulltui.tui.screens.messages import MessagesScreen
from bulltui.tui.widgets.cells import width_of
from tests.tui.fakes import NOW, Stage, shop, stage, until
from tests.tui.support import screen_strips

SIZES = [(60, 16), (80, 24), (81, 24), (140, 40)]
MORE = "Thereismore:Mshowsall."
REFUSED = (
    "Not now: us is offline since 12:31:07 (Nothing listens at redis://cache-1.internal.example:6379: connection "
    "refused); next try in 15s. It is asked for again when the server is back; esc forgets it. What was marked stays."
)
WORDS = (
    *("Not now:", "offline", "since", "12:31:07", "redis://127.0.0.1:37477:", "refused);", "a", "-", "ok."),
    *("x" * 50, "y" * 90, "漢" * 30, "日本語のキュー", "é", "/var/lib/bulltui/2026-11-28/payments-failed.jsonl"),
)


def squashed(text: str) -> str:
    """Without what folding changes."""
    return "".join(text.split())


def seen(on: Stage) -> list[str]:
    """What of each toast is seen on the screen, the upper one first."""
    strips = screen_strips(on.app)
    regions = sorted((toast.content_region for toast in on.app.screen.query(Toast)), key=lambda one: one.y)
    return [
        squashed("".join(strips[y].crop(at.x, at.right).text for y in range(max(0, at.y), min(at.bottom, len(strips)))))
        for at in regions
    ]


async def say(on: Stage, *texts: str, title: str = "") -> list[str]:
    """Says these at once; what is seen of them."""
    on.app.clear_notifications()
    await on.settle()
    for text in texts:
        on.app.notify(text, title=title, severity="error", markup=False, timeout=60)
    await shown(on)
    return seen(on)


async def shown(on: Stage) -> None:
    """Waits until the toasts that are to be there are, and no others."""
    await on.settle()

    def there() -> bool:
        wanted = [one.message for one in on.app._notifications]
        return [toast._notification.message for toast in on.app.screen.query(Toast) if toast.size.height] == wanted

    await until(on.pilot, there, "the toasts do not come")
    await on.settle()


@pytest.mark.parametrize("size", SIZES)
async def test_a_toast_shows_all_it_says_to_the_last_line(size: tuple[int, int]) -> None:
    async with stage(shop(), size) as on:
        for text in (REFUSED, "x" * 200, "漢" * 90, f"{'y' * 57} z", "A [bold]word[/] in brackets.", "Copied the id."):
            assert await say(on, text) == [squashed(text)], text
        assert await say(on, REFUSED, title="15 KB") == ["15KB" + squashed(REFUSED)]


@pytest.mark.parametrize("size", SIZES)
async def test_whatever_is_said_is_whole_or_says_where_there_is_more(size: tuple[int, int]) -> None:
    dice = random.Random(size[0])
    async with stage(shop(), size) as on:
        for _ in range(12):
            texts = [" ".join(dice.choices(WORDS, k=dice.randint(1, 25))) for _ in range(dice.randint(1, 4))]
            *before, last = await say(on, *texts)
            whole = [squashed(text) for text in texts]
            if [*before, last] == whole:
                continue
            assert last.endswith(MORE), (texts, last)
            told = last.removesuffix(MORE)
            assert told == whole[-1] or (told.endswith("…") and whole[-1].startswith(told[:-1])), (texts, told)
            assert before == whole[-1 - len(before) : -1]
            assert len(before) < len(whole) - 1 or told != whole[-1]  # it does not say so for nothing


@pytest.mark.parametrize("size", SIZES)
async def test_a_toast_leaves_the_header_and_the_keys_to_be_seen(size: tuple[int, int]) -> None:
    async with stage(shop(), size) as on:
        await say(on, *[REFUSED] * 4)
        lowest = on.app.screen.query_one(Footer).region.y
        for toast in on.app.screen.query(Toast):
            assert 0 < toast.region.y <= toast.region.bottom <= lowest
            assert 0 <= toast.region.x < toast.region.right <= size[0]


async def test_a_smaller_window_shows_no_less() -> None:
    async with stage(shop(), (140, 40)) as on:
        assert await say(on, REFUSED) == [squashed(REFUSED)]
        await on.pilot.resize_terminal(60, 16)
        await shown(on)
        assert seen(on) == [squashed(REFUSED)]


async def test_what_was_said_can_be_read_again_whole_and_with_its_time() -> None:
    long = " ".join(f"word-{number}" for number in range(400))
    async with stage(shop(), (80, 24)) as on:
        on.runtime.clock.now += 1_000
        await say(on, "Copied the id.", long)
        await on.press("M")
        assert isinstance(on.app.screen, MessagesScreen)
        assert not on.app.screen.query(Toast)
        assert "✖ word-0 " in on.text
        assert "word-399" not in on.text
        for _ in range(8):
            await on.press("pagedown")
        assert "word-399" in on.text
        assert "✖ Copied the id." in on.text
        await on.press("M")
        assert isinstance(on.app.screen, MainScreen)


async def test_what_came_of_an_action_can_be_read_again_after_the_next_key() -> None:
    """Its toast is short, and the sentence above the keys goes with the next one."""
    async with stage(shop(), (80, 24)) as on:
        on.runtime.runner.outcome = Outcome(
            "retry-all", done=9, left=5, error=UnreachableError("The connection broke.")
        )
        await on.press("R", "right", "enter")
        await until(on.pilot, lambda: "retry-all: partly done" in on.text)
        await on.press("down", "M")
        said = " ".join(on.text.replace("│", " ").split())
        assert "⚠ 9 jobs retried." in said
        assert "The connection broke." in said


async def test_before_anything_was_said_it_says_so() -> None:
    async with stage(shop(), (60, 16)) as on:
        await on.press("M")
        assert "Nothing was said yet." in on.text
        await on.press("escape")
        assert isinstance(on.app.screen, MainScreen)


@pytest.mark.parametrize("width", [40, 60, 92])
def test_hostile_words_are_harmless_to_read_again(width: int) -> None:
    said = [Said(NOW, "a\x1b[31mb\n" + "漢x" * 80, "t\x07", "warning"), Said(NOW, "z" * 300)]
    lines = said_lines(said, width)
    assert all(piece.isprintable() for line in lines for piece, _ in line)
    assert max(sum(width_of(piece) for piece, _ in line) for line in lines) <= width

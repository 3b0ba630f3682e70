"""The simulated week is the same each time, and has in it what it is there to show."""

from bulltui.domain.charting import Ask, Measure
from tests.history_week import AWAY, OUTAGE, PAUSE, QUEUES, WeekHistory

END = 1_795_000_000_000 // 3_600_000 * 3_600_000
HOUR = 3_600_000


async def test_a_week() -> None:
    history = WeekHistory(END)
    payments, emails = QUEUES[0], QUEUES[1]
    assert sum(point.flow.completed for point in history.points[payments]) == 485241

    async def hours(measure: Measure, ref: object = payments) -> list[float | None]:
        chart = await history.chart(Ask((measure,), END - 168 * HOUR, END, HOUR, (ref,)))  # type: ignore[arg-type]
        return list(chart.lines[measure])

    def at(back_ms: int) -> int:
        return 168 - back_ms // HOUR

    failed, completed = await hours(Measure.FAILED), await hours(Measure.COMPLETED)
    worst = max(range(168), key=lambda place: failed[place] or 0)
    assert at(OUTAGE[0]) <= worst <= at(OUTAGE[1])
    assert [place for place in range(168) if completed[place] is None] == list(range(at(AWAY[0]), at(AWAY[1])))
    day = [value or 0 for value in completed[-24:]]
    assert max(day) > 10 * min(day)
    paused = await hours(Measure.PAUSED, emails)
    assert [place for place in range(168) if paused[place]] == [at(PAUSE[0])]
    waiting = await hours(Measure.WAITING, emails)
    assert max(range(168), key=lambda place: waiting[place] or 0) == at(PAUSE[0])

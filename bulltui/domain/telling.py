"""Sentences about what was done, the same wherever they are read."""

from bulltui.domain import actions, targets
from bulltui.domain.history import Deed
from bulltui.domain.outcome import Kind, Outcome
from bulltui.domain.text import plural, visible

_MAKING = (actions.Add, actions.AddAll, actions.Duplicate, actions.Replay, actions.Trigger)
"""Actions that make new jobs."""

FEW = 5
"""So many ids of what was left are named; of more only the number."""


def noun_of(action: actions.Action, target: targets.Target) -> str:
    """What an outcome counts: job, queue or scheduler, empty where it is of several kinds."""
    if isinstance(target, targets.Past):
        return ""
    if isinstance(target, targets.Schedulers):
        return "scheduler"
    of_jobs = isinstance(action, actions.Add | actions.AddAll | actions.Drain | actions.Clean | actions.Obliterate)
    return "queue" if isinstance(target, targets.Queues) and not of_jobs else "job"


def result(action: actions.Action, target: targets.Target, outcome: Outcome) -> str:
    """What came of an action: how many were done, what was left and why, and how to take it back."""
    noun = noun_of(action, target)
    if outcome.kind is Kind.NOTHING:
        return f"Nothing to do: there is no such {noun}." if noun else "Nothing to do."
    done = f"{_counted(outcome.done, noun)} {action.verb.done}"
    if not outcome.done:
        done = f"{'No ' + noun if noun else 'Nothing'} was {action.verb.done}"
    if isinstance(action, actions.Obliterate) and outcome.kind is Kind.DONE:
        names = ", ".join(visible(ref.shown) for ref in targets.queues_of(target))
        done = f"{names} obliterated" + (f", with {outcome.done:,} jobs" if outcome.done > 1 else "")
    made = ""
    if isinstance(action, _MAKING) and outcome.made:
        made = f" as {_names(outcome.made)}"
    sentences = [done + made, *_left(outcome)]
    if outcome.undos:
        commands = " and ".join(f"`bulltui undo {number}`" for number in outcome.undos)
        sentences.append(f"{commands} {'takes' if len(outcome.undos) == 1 else 'take'} that back")
    return " ".join(f"{sentence}." for sentence in sentences)


def _counted(number: int, noun: str) -> str:
    return plural(number, noun) if noun else f"{number:,}"


def _names(names: tuple[str, ...]) -> str:
    shown = ", ".join(map(visible, names[:FEW]))
    return shown if len(names) <= FEW else f"{shown} and {len(names) - FEW:,} more"


def _left(outcome: Outcome) -> list[str]:
    sentences = []
    if outcome.skipped:
        sentences.append(f"{sum(outcome.skipped.values()):,} skipped: {skipped(outcome)}")
    if outcome.unsure:
        sentences.append(f"{outcome.unsure:,} may have been done or not, since the answer was lost")
    if outcome.cancelled or outcome.error:
        left = f", {outcome.left:,} left as they were" if outcome.left else ""
        sentences.append(f"Stopped{left}")
    elif outcome.left:
        sentences.append(f"{outcome.left:,} left as they were")
    return sentences


def skipped(outcome: Outcome) -> str:
    """Why things were left as they were: each reason with the ids, or with their number where they are many."""
    parts = []
    for reason, count in outcome.skipped.items():
        examples = outcome.examples.get(reason, ())
        which = ", ".join(map(visible, examples)) if len(examples) == count <= FEW else f"{count:,}"
        parts.append(f"{reason.sentence} ({which})")
    return ", ".join(parts)


def who(deed: Deed) -> str:
    """Who did it: the account, the one behind a sudo, the machine, and where a remote login came from."""
    account = f"{deed.sudo_user} as {deed.user}" if deed.sudo_user and deed.sudo_user != deed.user else deed.user
    at = f"{account}@{deed.host}" if deed.host else account
    return f"{at} from {deed.ssh}" if deed.ssh else at


def what(deed: Deed) -> str:
    """What was meant: the action, and how many of what."""
    intent = deed.intent
    number = f" {intent.count:,}" if intent.count is not None else ""
    state = f" {intent.state}" if intent.state else ""
    ids = f" ({', '.join(intent.ids[:3])}{'…' if len(intent.ids) > 3 else ''})" if intent.ids else ""
    undoes = f" of {intent.undoes}" if intent.undoes is not None else ""
    return f"{intent.verb}{undoes}{number}{state}{ids}"


def came_of(deed: Deed) -> str:
    """What came of it, in a few words."""
    if deed.outcome is None:
        return "cut off, its end is not known" if deed.interrupted else "running"
    outcome = deed.outcome
    words = [f"{outcome.kind.value} {outcome.done:,}" if outcome.done else outcome.kind.value]
    if outcome.skipped:
        words.append(f"{sum(outcome.skipped.values()):,} skipped")
    if outcome.unsure:
        words.append(f"{outcome.unsure:,} not sure")
    if outcome.left:
        words.append(f"{outcome.left:,} left")
    if outcome.cancelled:
        words.append("stopped")
    if outcome.error:
        words.append(outcome.error.message)
    return ", ".join(words)


def cut_off(deed: Deed) -> str:
    """That an earlier action was cut off in the middle."""
    where = ", ".join(map(visible, deed.intent.queues)) or "the server"
    return (
        f"An earlier {deed.intent.verb} on {where} by {visible(who(deed))} was cut off in the middle:"
        " what it did until then is done, the rest is not."
    )

"""States of jobs as words of the command line."""

from bulltui.domain.errors import UsageError
from bulltui.domain.states import LISTED, SUFFIX, JobState


def complete_state(incomplete: str) -> list[str]:
    """The states that a shell offers."""
    return [state.value for state in LISTED if state.value.startswith(incomplete)]


def complete_finished(incomplete: str) -> list[str]:
    """The states of finished jobs that a shell offers."""
    return [state.value for state in (JobState.FAILED, JobState.COMPLETED) if state.value.startswith(incomplete)]


def state_from(word: str) -> JobState:
    """The state a person means: its name, the name of its key, or the start of one."""
    wanted = word.lower().replace("_", "-")
    for state in LISTED:
        if wanted in (state.value, SUFFIX[state]):
            return state
    near = [state for state in LISTED if wanted and state.value.startswith(wanted)]
    if len(near) == 1:
        return near[0]
    raise UsageError(
        f"{word!r} is no state of a job.", hint="The states are " + ", ".join(state.value for state in LISTED) + "."
    )

"""What a role allows."""

import pytest

from bulltui.domain import actions
from bulltui.domain.actions import BY_NAME
from bulltui.domain.errors import UsageError
from bulltui.domain.queue import QueueRef
from bulltui.domain.roles import ADMIN, BUILTIN, OPERATOR, VIEWER, Role, builtin, custom

MAIL, PAY = QueueRef("bull", "mail"), QueueRef("bull", "pay")


def test_the_built_in_ones() -> None:
    assert [builtin(name) for name in ("viewer", "operator", "admin", "Admin", "boss", "")] == [
        *BUILTIN,
        None,
        None,
        None,
    ]
    assert (VIEWER.views_only, OPERATOR.views_only, ADMIN.views_only) == (True, False, False)
    assert VIEWER.refusal == "the role viewer changes nothing"
    assert OPERATOR.refusal == ADMIN.refusal == ""
    assert ADMIN.sorted_verbs == tuple(BY_NAME)
    assert VIEWER.sorted_verbs == ()


def test_an_operator_does_what_loses_nothing() -> None:
    lost = {name for name, verb in BY_NAME.items() if verb.destroys} | {"trim-events"}
    assert set(OPERATOR.sorted_verbs) == set(BY_NAME) - lost
    assert {"retry", "pause", "resume", "add", "undo", "promote"} <= set(OPERATOR.sorted_verbs)
    assert {"remove", "obliterate", "drain", "clean", "update-data", "replay"} <= lost


def test_on_all_jobs_of_a_state_an_action_has_the_same_name() -> None:
    assert OPERATOR.allows("retry-all")
    assert not OPERATOR.allows("remove-all")
    assert not OPERATOR.allows("no such action")
    assert ADMIN.allows("retry-all")


def test_a_replay_as_a_copy_is_a_new_job() -> None:
    assert OPERATOR.allows_action(actions.Replay(copy=True))
    assert not OPERATOR.allows_action(actions.Replay())
    assert not custom("r", ["retry"]).allows_action(actions.Replay(copy=True))
    assert custom("r", ["replay"]).allows_action(actions.Replay(copy=True))


def test_queues() -> None:
    role = Role("mailer", frozenset({"retry"}), ("mail*",))
    assert role.allows("retry", [MAIL])
    assert not role.allows("retry", [MAIL, PAY])
    assert role.outside([PAY, MAIL, PAY]) == (PAY, PAY)
    assert Role("most", None, ("!pay",)).outside([MAIL, PAY]) == (PAY,)
    assert OPERATOR.outside([MAIL, PAY]) == ()


def test_custom_roles_name_actions_and_roles() -> None:
    role = custom("janitor", ["operator", "clean", "retry-all"], ["mail*"], require_reason=True)
    assert role.verbs == OPERATOR.verbs | {"clean"} if OPERATOR.verbs else False
    assert (role.name, role.queues, role.require_reason) == ("janitor", ("mail*",), True)
    assert custom("all", ["admin"]).sorted_verbs == ADMIN.sorted_verbs
    assert custom("none", []).views_only


@pytest.mark.parametrize(("word", "hint"), [("retrry", "Did you mean retry?"), ("xyz", "There are retry, ")])
def test_an_action_that_there_is_not(word: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"The role mine names an action that there is not: {word}") as told:
        custom("mine", [word])
    assert told.value.hint.startswith(hint)


def test_a_built_in_role_means_the_same_everywhere() -> None:
    with pytest.raises(UsageError, match="The role operator is there already"):
        custom("operator", ["remove"])

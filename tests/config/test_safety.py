"""A configuration that others could have written is not read; what others can read is told of."""

import os
from pathlib import Path

import pytest

from bulltui.config.checking import findings
from bulltui.config.profiles import load
from bulltui.domain.errors import UsageError

pytestmark = pytest.mark.skipif(os.name != "posix", reason="rights of files are others there")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir(mode=0o700)
    path = folder / "c.toml"
    path.write_text('[profiles.eu]\nurl = "redis://eu"\n')
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("mode", [0o666, 0o606, 0o602])
def test_a_file_that_others_can_write(path: Path, mode: int) -> None:
    path.chmod(mode)
    with pytest.raises(UsageError, match="can be written by others") as caught:
        load(path)
    assert "chmod go-w" in caught.value.hint
    _, (found,) = findings(path, {})
    assert found.message == caught.value.message


def test_a_folder_that_others_can_write_to(path: Path) -> None:
    path.parent.chmod(0o777)
    with pytest.raises(UsageError, match="in a folder that others can write to"):
        load(path)
    path.parent.chmod(0o1777)  # as /tmp: nobody can put another file in the place of ours
    assert load(path).profiles


def test_a_link_is_followed_to_where_the_file_is(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(path)
    assert load(link).profiles
    path.parent.chmod(0o777)
    with pytest.raises(UsageError, match="folder"):
        load(link)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_of_another_user_or_group(path: Path) -> None:
    os.chown(path, 12345, -1)
    with pytest.raises(UsageError, match="belongs to another user"):
        load(path)
    os.chown(path, 0, 12345)
    path.chmod(0o660)
    with pytest.raises(UsageError, match="can be written by others"):
        load(path)
    os.chown(path, 0, 0)  # the group of this user alone
    assert load(path).profiles


@pytest.mark.parametrize(
    ("line", "mode", "warned"),
    [
        ('url = "redis://:pw@eu"', 0o644, True),
        ('password = "pw"', 0o640, True),
        ('url = "redis://:pw@eu"', 0o600, False),
        ('url = "redis://me@eu"', 0o644, False),
        ('password_command = "cat"', 0o644, False),
    ],
)
def test_passwords_that_others_can_read(path: Path, line: str, mode: int, *, warned: bool) -> None:
    path.write_text(f"[profiles.eu]\n{line}\n")
    path.chmod(mode)
    _, found = findings(path, {})
    assert [one.warning for one in found] == [True] * warned
    assert all("chmod 600" in one.hint for one in found)


def test_a_pipe_is_read_as_a_file(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"[profiles.eu]\n")
    os.close(writing)
    try:
        assert load(Path(f"/dev/fd/{reading}")).profiles
    finally:
        os.close(reading)


def test_what_is_far_too_large_is_not_read_on() -> None:
    with pytest.raises(UsageError, match="larger than 1 MB"):
        load(Path("/dev/zero"))


def test_all_that_is_wrong_is_told_each_with_its_line(path: Path) -> None:
    path.write_text(
        """\
nonsense = 1
[defaults]
url = "redis://x"
[profiles.eu]
ulr = "redis://eu"
timeout = 0
password = "x"
password_command = "y"
ca = "none.pem"
role = "boss"
tunnel = "no-such-program {port}"
redact = "card"
ssh = 5
[profiles."a b"]
key = "${NO_SUCH}"
[profiles.us]
password = "${"
[roles.team]
actions = ["fly"]
[roles.admin]
actions = ["retry"]
[searches]
late = "failed:<2z"
"""
    )
    configuration, found = findings(path, {})
    assert {one.line: one.message for one in found}.keys() >= {1, 3, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 17, 18, 20, 23}
    assert all(str(path) in one.message for one in found)
    assert set(configuration.profiles) == {"eu", "a b", "us"}
    (typo,) = (one for one in found if one.line == 5)
    assert (typo.message, typo.hint) == (f"{path}:5 has a key that is not known: profiles.eu.ulr.", "Did you mean url?")
    (program,) = (one for one in found if one.line == 11)
    assert program.warning
    with pytest.raises(UsageError):
        load(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [("a = [\n\n", " is no TOML"), ("a = 1\nb = = 2\n", ":2 is no TOML"), ("\xff", " is not UTF-8")],
)
def test_what_is_no_toml_has_the_line_where_it_ends_to_be_so(path: Path, content: str, said: str) -> None:
    path.write_bytes(content.encode("latin-1"))
    _, (found,) = findings(path, {})
    assert f"{path}{said}" in found.message

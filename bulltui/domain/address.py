"""Server addresses as they may be shown: without passwords."""

from urllib.parse import parse_qs, unquote, urlsplit


def public_address(url: str) -> str:
    """`url` without password and options; the part before the last `@` of a URL that cannot be read is dropped.

    >>> public_address("rediss://ops:secret@cache:6380/2?ssl_cert_reqs=none")
    'rediss://ops@cache:6380/2'
    """
    # The last @ ends the credentials, also where a password holds one that is not escaped.
    scheme, mark, rest = url.partition("://")
    if not mark:
        return url.rpartition("@")[2].partition("?")[0]
    authority, slash, path = rest.partition("/") if "@" not in rest.partition("/")[2] else (rest, "", "")
    credentials, at, host = authority.rpartition("@")
    user = credentials.partition(":")[0]
    shown = f"{user}@" if at and user else ""
    return f"{scheme}://{shown}{host}{slash}{path}".partition("?")[0].partition("#")[0]


def secrets_of(url: str) -> tuple[str, ...]:
    """The passwords in `url`, as written and unescaped, for making sure that no text holds them."""
    try:
        password = urlsplit(url).password
    except ValueError:
        password = None
    rough = url.partition("://")[2].rpartition("@")[0].partition(":")[2]
    found = [text for text in (password, rough, unquote(password or ""), unquote(rough)) if text]
    return tuple(dict.fromkeys(found))


def without_secrets(text: str, url: str) -> str:
    """`text` with every password of `url` replaced."""
    for secret in secrets_of(url):
        text = text.replace(secret, "***")
    return text


def server_of(url: str) -> str:
    """Host, port and database of `url`, the same text however the URL spells them, without user and secrets.

    >>> server_of("rediss://ops:secret@Cache/2?ssl_cert_reqs=none"), server_of("redis://127.0.0.1?db=1")
    ('cache:6379/2', '127.0.0.1:6379/1')
    """
    public = public_address(url)
    scheme, _, rest = public.partition("://")
    host, _, path = rest.rpartition("@")[2].partition("/")
    given = parse_qs(url.rpartition("@")[2].partition("?")[2]).get("db", [""])[0]
    number = given if given.isascii() and given.isdigit() else ""
    if scheme == "unix":
        return f"/{path} {number or 0}"
    name, colon, port = host.lower().rpartition(":") if ":" in host.rpartition("]")[2] else (host.lower(), ":", "6379")
    name = "127.0.0.1" if name == "localhost" else name
    return f"{name}{colon}{port}/{number or path.strip('/') or 0}"

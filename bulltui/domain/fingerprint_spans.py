"""Parts of an error message that are more than a word: codes that are kept, and values that a sign stands for."""

import re

from bulltui.domain.fingerprint_words import HOST, NUMBER, route, shape, url_shape

TIME = "<time>"

_HTTP = r"(?:4(?:0\d|1[0-8]|2[1-689]|31|51)|5(?:0[0-8]|1[01]|2[0-6]))"
_REASON = (
    r"Bad\ Re|Unauth|Payment|Forbid|Not\ Found|Method\ Not|Not\ Acc|Request\ T|Conflict|Gone|Payload|Unproc|Too\ Many"
    r"|Locked|Internal|Not\ Impl|Bad\ Gate|Service|Gateway|Unavail|Timeout"
)
# What goes before `code` where it is no code of an error.
_NO_ERROR = "".join(
    rf"(?<!{word}\ )"
    for word in (
        "zip",
        "postal",
        "post",
        "promo",
        "coupon",
        "discount",
        "voucher",
        "gift",
        "country",
        "product",
        "item",
    )
)
_DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*"
_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_HOUR = r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\ ?[AP]M)?"
_ZONE = r"(?:\ (?:GMT|UTC)(?:[+-]\d+)?)?(?:\ \([A-Z][^)]*\))?"

# What begins with a letter, with a digit and with a sign is looked for apart, since most places begin none of them.
_SPANS = re.compile(
    rf"""
    (?<!\w)(?=[A-Za-z])(?:
        (?P<kept>
            (?:(?i:status(?:[ _-]?code)?|http(?:/\d(?:\.\d)?)?|response)|responded\ with)["']?
                [ :=(]{{1,3}}[1-5]\d\d\b(?![.\d])
          | {_NO_ERROR}(?i:code|errno|sqlstate)\b["']?
                [ :=(\[]{{1,3}}["']?(?:\d{{1,5}}(?!\d)|[A-Z][A-Z0-9_-]+|\d[0-9A-Z]{{4}}\b)
        )
      | (?P<schema>(?:constraint|relation|column|table|index|schema|for\ key)\ )
            (?P<name>"[\w.$-]+"|'[\w.$-]+'|`[\w.$-]+`)
      | (?P<query>(?:getaddrinfo|query[A-Z]\w+)\ E\w+\ )[\w.:-]+
      | (?P<url>[A-Za-z][A-Za-z0-9+.-]*://[^\s"'`()\\]*[^\s"'`()\\.,;:!?\]}}])
      | (?P<verb>(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\ )(?P<route>/[^\s?"'()]*)[^\s"'()]*
      | (?P<date>(?:{_DAY},?\ )?(?:{_MONTH}\ \d{{1,2}},?|\d{{1,2}}\ {_MONTH})\ \d{{4}}(?:,?\ (?:at\ )?{_HOUR})?{_ZONE})
      | (?P<token>Unexpected\ token\ )\S+(?=\ in\ JSON)
    )
  | (?<![\w.])(?=\d)(?:
        (?P<status>{_HTTP}(?=\ (?:{_REASON})) | (?:^|(?<=:\ )){_HTTP}(?=\s*$|[:,]|\ [-{{(]|\ [A-Z]|\ page\ ))
      | (?P<time>
            (?<!-)\d{{4}}-\d\d-\d\d(?:[T\ ]{_HOUR})?(?:\ ?(?:Z\b|UTC\b|[+-]\d\d:?\d\d\b))?
          | \d{{1,2}}\ {_MONTH}\ \d{{4}}(?:,?\ (?:at\ )?{_HOUR})?{_ZONE}
          | (?<![/-])\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{4}}(?:,?\ {_HOUR})?
          | (?<![:/-])\d{{1,2}}:\d\d(?::\d\d(?:[.,]\d+)?(?:\ ?[AP]M)?|\ ?[AP]M)(?![\w:.])
        )
    )
  | (?=["'`(<“„«‘])(?:
        "(?P<double>(?:[^"\\]|\\.)*"|[^"]{{200,}}$)
      | (?<!\w)'(?P<single>(?:[^'\\]|\\.|(?<=\w)'(?=\w)){{0,400}}?'(?!\w))
      | `(?P<code>[^`]*)`
      | (?P<curly>“[^”]*”|„[^“”]*[“”]|«[^»]*»|‘[^’]*’)
      | (?P<enclosed>\({_HTTP}\)|\((?:reading|setting)\ '[\w$]+'\))
      | (?P<markup><(?i:!doctype|html|\?xml)\b.*$)
    )
    """,
    re.VERBOSE | re.DOTALL,
)
_PIECES = re.compile(r"[^\s,;()\[\]{}<>=|\"'`!?*&]+|[\s,;()\[\]{}<>=|\"'`!?*&]+")
_LIKE_A_NAME = re.compile(r"[\w.$()\[\]/#-]{1,80}")


def without_values(text: str) -> str:
    """`text` with signs for all that varies in it."""
    parts: list[str] = []
    at = 0
    for found in _SPANS.finditer(text):
        if found.start() > at:
            parts += map(shape, _PIECES.findall(text[at : found.start()]))
        parts.append(_sign(found))
        at = found.end()
    parts += map(shape, _PIECES.findall(text[at:] if at else text))
    return "".join(parts)


def _sign(found: re.Match[str]) -> str:
    """What stands for a span."""
    match found.lastgroup:
        case "kept" | "status" | "enclosed":
            return found[0]
        case "name":
            return f"{found['schema']}{shape(found['name'])}"
        case "query":
            return f"{found['query']}{HOST}"
        case "url":
            return url_shape(found["url"])
        case "route":
            return f"{found['verb']}{route(found['route'])}"
        case "date" | "time":
            return TIME
        case "token":
            return f"{found['token']}{NUMBER}"
        case "code":
            return f"`{shape(found['code'])}`" if _LIKE_A_NAME.fullmatch(found["code"]) else "`…`"
        case "single":
            return "'…'"
        case "markup":
            return "<html>"
        case _:
            return '"…"'

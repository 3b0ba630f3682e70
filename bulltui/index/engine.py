"""The index itself: tantivy, which is loaded only here.

Every three characters in a row of a text are a term, so that a part of a word is found as well and nothing that a query
means is left out; whole words are terms too, by which what is found is ranked.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bulltui.domain.errors import BulltuiError, UsageError
from bulltui.domain.job_index import Facet, Facets, Found
from bulltui.domain.query.tree import All, Contains, Node, Some
from bulltui.index.document import Entry, id_of, key_of
from bulltui.index.wanted import SHORTEST

if TYPE_CHECKING:
    import tantivy

_HEAP = 64 * 1024 * 1024
"""Bytes of memory that are filled before they are written out."""

_MOST_TERMS = 64
"""Of a long text so many terms are looked for, spread over it: the rest is seen when a job is read."""


def _library() -> Any:
    try:
        import tantivy  # noqa: PLC0415 - an extra, and slow to load
    except ImportError as error:
        raise UsageError(
            "There is no index without the package tantivy.", hint="Install it: pip install 'bulltui[index]'."
        ) from error
    return tantivy


class UnreadableError(BulltuiError):
    """An index that is none, or one of another version."""


class Engine:
    """An index in a folder that exists. Its methods block; one may write at a time."""

    def __init__(self, folder: Path) -> None:
        self._lib = lib = _library()
        # Terms of ids, names and errors are whole; only words need to know how often.
        builder = lib.SchemaBuilder()
        builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
        builder.add_text_field("parts", tokenizer_name="parts", index_option="basic")
        builder.add_text_field("words", tokenizer_name="words", index_option="freq")
        builder.add_text_field("name", fast=True, tokenizer_name="raw", index_option="basic")
        builder.add_text_field("error", fast=True, tokenizer_name="raw", index_option="basic")
        self._schema: tantivy.Schema = builder.build()
        try:
            self._index: tantivy.Index = lib.Index(self._schema, path=str(folder))
        except (ValueError, OSError) as error:
            raise UnreadableError(
                f"The index in {folder} cannot be opened: {error}.",
                hint="Delete it with --delete and build it anew.",
                code="index",
            ) from error
        parts = lib.TextAnalyzerBuilder(lib.Tokenizer.ngram(SHORTEST, SHORTEST, False)).build()
        words = lib.TextAnalyzerBuilder(lib.Tokenizer.simple()).filter(lib.Filter.remove_long(40)).build()
        self._index.register_tokenizer("parts", parts)
        self._index.register_tokenizer("words", words)
        self._words = words
        self._writer: tantivy.IndexWriter | None = None

    def write(self, entries: Iterable[Entry], gone: Iterable[str] = ()) -> None:
        """Takes jobs in, in the place of what it has of them, and out. Seen only after `commit`."""
        writer = self._open_writer()
        for job_id in gone:
            writer.delete_documents_by_term("id", key_of(job_id))
        for entry in entries:
            writer.delete_documents_by_term("id", entry.id)
            document = self._lib.Document()
            document.add_text("id", entry.id)
            document.add_text("parts", entry.text)
            document.add_text("words", entry.text)
            document.add_text("name", entry.name)
            if entry.error:
                document.add_text("error", entry.error)
            writer.add_document(document)

    def commit(self) -> None:
        """Makes what was written last and seen."""
        self._open_writer().commit()
        self._index.reload()

    def lock(self) -> None:
        """From here on nobody else may write, until `close`. Raises a `BulltuiError` where someone does."""
        self._open_writer()

    def clear(self) -> None:
        """Takes all jobs out."""
        self._open_writer().delete_all_documents()
        self.commit()

    def close(self) -> None:
        """Ends writing; what was not committed is lost."""
        if self._writer is not None:
            self._writer.rollback()
            self._writer.wait_merging_threads()
            self._writer = None

    def find(self, texts: Node, limit: int) -> Found:
        """The jobs with these texts, those where they are words of their own and rare ones first."""
        self._index.reload()
        searcher = self._index.searcher()
        words = sorted({word for text in _all_texts(texts) for word in self._words.analyze(text)})
        ranking = [(self._lib.Occur.Should, self._term("words", word)) for word in words]
        must = self._lib.Query.const_score_query(self._query(texts), 0.0)
        query = self._lib.Query.boolean_query([(self._lib.Occur.Must, must), *ranking])
        result: Any = searcher.search(query, limit)
        ids = tuple(id_of(str(searcher.doc(address).get_first("id"))) for _, address in result.hits)
        return Found(ids, int(result.count))

    def facets(self, limit: int) -> Facets:
        """The most common names and errors."""
        self._index.reload()
        searcher = self._index.searcher()
        wanted = {field: {"terms": {"field": field, "size": limit}} for field in ("name", "error")}
        found = searcher.aggregate(self._lib.Query.all_query(), wanted)
        names, errors = (
            tuple(Facet(bucket["key"], bucket["doc_count"]) for bucket in found[field]["buckets"])
            for field in ("name", "error")
        )
        return Facets(searcher.num_docs, names, errors)

    def _open_writer(self) -> "tantivy.IndexWriter":
        if self._writer is None:
            try:
                self._writer = self._index.writer(_HEAP, 1)
            except ValueError as error:
                raise BulltuiError(
                    "Another bulltui writes this index.", hint="Stop the other one first.", code="index"
                ) from error
        return self._writer

    def _query(self, texts: Node) -> Any:
        occur = self._lib.Occur
        match texts:
            case All(parts):
                return self._lib.Query.boolean_query([(occur.Must, self._query(part)) for part in parts])
            case Some(parts):
                return self._lib.Query.boolean_query([(occur.Should, self._query(part)) for part in parts])
            case Contains(text=text):
                terms = _terms(text)
                return self._lib.Query.boolean_query([(occur.Must, self._term("parts", term)) for term in terms])
        raise TypeError(texts)

    def _term(self, field: str, text: str) -> Any:
        return self._lib.Query.term_query(self._schema, field, text, "basic" if field == "parts" else "freq")


def _terms(text: str) -> list[str]:
    terms = list(dict.fromkeys(text[at : at + SHORTEST] for at in range(len(text) - SHORTEST + 1)))
    step = max(1, -(-len(terms) // _MOST_TERMS))
    return terms[::step]


def _all_texts(node: Node) -> Sequence[str]:
    match node:
        case All(parts) | Some(parts):
            return [text for part in parts for text in _all_texts(part)]
        case Contains(text=text):
            return [text]
    return []
